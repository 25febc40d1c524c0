import { expect, test } from 'vitest';
import { migration, openPlantation } from '../../test/plantation.ts';
import { checkTypes } from './check.ts';
import { generateTypes } from './generate.ts';

const TREES = migration('CREATE TABLE trees (name text NOT NULL);');

test('types fit the migrations that they were made from, whatever their line ends', async () => {
  await using plantation = await openPlantation({ migrations: { '1700000000000_trees.sql': TREES } });
  await generateTypes(plantation.target);

  await expect(checkTypes(plantation.target.database)).resolves.toBeUndefined();
  await plantation.write('migrations/1700000000000_trees.sql', TREES.replaceAll('\n', '\r\n'));
  await expect(checkTypes(plantation.target.database)).resolves.toBeUndefined();
});

test('a migration that was added, edited, renamed or removed makes them stale', async () => {
  await using plantation = await openPlantation({ migrations: { '1700000000000_trees.sql': TREES } });
  await generateTypes(plantation.target);
  const { database } = plantation.target;
  const stale = {
    code: 'TYPES_STALE',
    message: 'src/schema.ts was made from other migrations than there are now',
    hint: 'write it anew, and commit it: pnpm db:generate',
  };

  await plantation.write('migrations/1700000000001_more.sql', migration('ALTER TABLE trees ADD height int;'));
  await expect(checkTypes(database)).rejects.toMatchObject(stale);
  await plantation.remove('migrations/1700000000001_more.sql');
  await expect(checkTypes(database)).resolves.toBeUndefined();
  await plantation.write('migrations/1700000000000_trees.sql', TREES.replace('text', 'varchar'));
  await expect(checkTypes(database)).rejects.toMatchObject(stale);
  await plantation.remove('migrations/1700000000000_trees.sql');
  await expect(checkTypes(database)).rejects.toMatchObject(stale);
  await plantation.write('migrations/1700000000002_trees.sql', TREES);
  await expect(checkTypes(database)).rejects.toMatchObject(stale);
});

test('types that are missing, or written by hand, are refused', async () => {
  await using plantation = await openPlantation({ migrations: { '1700000000000_trees.sql': TREES } });
  const { database } = plantation.target;

  await expect(checkTypes(database)).rejects.toMatchObject({
    code: 'TYPES_STALE',
    message: 'src/schema.ts is missing',
  });
  await plantation.write('src/schema.ts', 'export interface DB {}\n');
  await expect(checkTypes(database, { root: plantation.directory })).rejects.toMatchObject({
    code: 'TYPES_STALE',
    message: 'src/schema.ts does not say which migrations it was made from',
  });
});
