import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { HAS_DEBIAN_SERVER, startDebianServer, type DebianServer } from '../../test/debian-server.ts';
import { openTestFamily } from '../../test/family.ts';
import { makeSet, TEST_RUN } from '../../test/set.ts';
import type { ManifestDatabase } from '../manifest/manifest.ts';
import { restoreSet } from './restore.ts';
import { findTable } from './table.ts';

const ID = { id: 'backup-20261121T120000Z-00c0ffee' };

function entryOf(name: string, ...tables: readonly string[]): ManifestDatabase {
  const split = tables.map((each) => each.split('.'));
  return { name, tables: split.map(([schema, table]) => ({ schema, name: table })) } as unknown as ManifestDatabase;
}

const USERS = entryOf('users_db', 'public.users', 'atriz.runs');
const SHOP = entryOf('shop_db', 'public.sales', 'archive.sales', 'atriz.runs');

test('a table is found by its name, with its schema or without, where only one is called so', () => {
  const users = { entry: USERS, table: { schema: 'public', name: 'users' } };
  expect(findTable(ID, [USERS, SHOP], 'users')).toEqual(users);
  expect(findTable(ID, [USERS, SHOP], 'public.users')).toEqual(users);
  const archived = { entry: SHOP, table: { schema: 'archive', name: 'sales' } };
  expect(findTable(ID, [USERS, SHOP], 'archive.sales')).toEqual(archived);
});

test('a name that means several tables, or none in several databases, is refused; in one database it may be a parent', () => {
  expect(() => findTable(ID, [USERS, SHOP], 'sales')).toThrow('public.sales of shop_db, archive.sales of shop_db');
  expect(() => findTable(ID, [USERS, SHOP], 'atriz.runs')).toThrow('atriz.runs of users_db, atriz.runs of shop_db');
  expect(() => findTable(ID, [USERS, SHOP], 'trips')).toThrow('no database');
  expect(findTable(ID, [SHOP], 'trips')).toEqual({ entry: SHOP, table: { schema: 'public', name: 'trips' } });
});

describe.skipIf(!HAS_DEBIAN_SERVER)('one table of a set', () => {
  let server: DebianServer;
  beforeAll(async () => {
    server = await startDebianServer();
  });
  afterAll(() => server[Symbol.asyncDispose]());

  test('comes back beside the live one or in its place, with the rows that others were deleted with left alone', async () => {
    await using family = await openTestFamily({ server: server.parameters, people: 10 });
    const { shops, trips } = family.names;
    const reader = await makeSet(family);
    const restore = (table: string, more: object = {}) =>
      restoreSet(family.workspace, reader, { table, inPlace: false, runId: TEST_RUN, context: {}, ...more });
    const count = async (name: string, table: string): Promise<unknown> =>
      (await family.query(name, `SELECT count(*)::int AS count FROM ${table}`))[0];
    await family.query(shops, 'DELETE FROM sales WHERE cents = 101');
    expect((await restore('sales')).table).toMatchObject({ database: shops, table: 'public.sales_restored', rows: 30 });
    expect(await count(shops, 'sales')).toEqual({ count: 20 });
    expect(await count(shops, 'sales_restored')).toEqual({ count: 30 });
    expect((await restore('public.sales', { inPlace: true })).table).toMatchObject({ table: 'public.sales', rows: 30 });
    expect(await count(shops, 'sales')).toEqual({ count: 30 });

    await family.query(trips, 'DELETE FROM positions');
    await restore('positions', { databases: [trips], inPlace: true });
    expect(await count(trips, 'positions')).toEqual({ count: 20 });

    await family.query(shops, 'UPDATE atriz.identity SET protected = true');
    await expect(restore('sales', { inPlace: true })).rejects.toMatchObject({ code: 'DESTRUCTIVE_REFUSED' });
    await expect(restore('sales', { inPlace: true, as: 'other' })).rejects.toMatchObject({ code: 'ARGUMENT_INVALID' });
    const runs = await family.query(
      shops,
      `SELECT changes FROM atriz.runs WHERE command = 'backup restore' ORDER BY started_at`,
    );
    expect(runs).toEqual(
      ['public.sales_restored', 'public.sales'].map((each) => ({ changes: [`${each} from ${reader.manifest.id}`] })),
    );
  });
});
