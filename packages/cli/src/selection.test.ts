import type { Family, FamilyDatabase } from '@atriz/database/workspace';
import { expect, test } from 'vitest';
import { selectDatabases } from './selection.ts';

const database = (name: string, owner: string, directory: string): FamilyDatabase => ({
  name,
  owner,
  directory,
  dependsOn: [],
  urlVariable: 'DATABASE_URL',
  directUrlVariable: undefined,
  migrationsDirectory: 'migrations',
  seedsDirectory: 'seeds',
  migrationsTable: 'pgmigrations',
});

const FAMILY: Family = {
  name: 'family',
  root: '/work',
  databases: [
    database('shared', '@f/core', '/work/packages/core'),
    database('shop_db', '@f/shop', '/work/apps/shop'),
    database('shop_archive', '@f/shop-archive', '/work/apps/shop-archive'),
  ],
};

const select = (directory: string, options = {}): string[] =>
  selectDatabases(FAMILY, directory, options).map(({ name }) => name);

test('at the root, and in a package without a database, the family is chosen', () => {
  expect(select('/work')).toEqual(['shared', 'shop_db', 'shop_archive']);
  expect(select('/work/packages/cli')).toEqual(['shared', 'shop_db', 'shop_archive']);
});

test('inside a package its own database is chosen, in a directory below it too', () => {
  expect(select('/work/apps/shop')).toEqual(['shop_db']);
  expect(select('/work/apps/shop/src/queries')).toEqual(['shop_db']);
});

test('a package whose path begins like another’s is not taken for it', () => {
  expect(select('/work/apps/shop-archive')).toEqual(['shop_archive']);
  expect(select('/work/apps/shop-new')).toEqual(['shared', 'shop_db', 'shop_archive']);
});

test('--all chooses the family anywhere', () => {
  expect(select('/work/apps/shop', { all: true })).toEqual(['shared', 'shop_db', 'shop_archive']);
});

test('names choose, of databases or of their owners, in dependency order and once each', () => {
  expect(select('/work', { database: ['shop_db', 'shared', 'shop_db', '@f/shop'] })).toEqual(['shared', 'shop_db']);
  expect(select('/work/packages/core', { database: ['@f/shop'] })).toEqual(['shop_db']);
});

test('an unknown name is refused with those that there are', () => {
  expect(() => select('/work', { database: ['shared', 'shopdb'] })).toThrow(
    expect.objectContaining({
      code: 'DATABASE_UNKNOWN',
      message: 'there is no database "shopdb" in this workspace',
      hint: 'choose one of: shared, shop_db, shop_archive',
    }) as Error,
  );
  expect(() => selectDatabases({ ...FAMILY, databases: [] }, '/work', { database: ['x'] })).toThrow(
    expect.objectContaining({ hint: 'declare one in a package: database.config.ts' }) as Error,
  );
});
