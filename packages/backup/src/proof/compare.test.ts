import { withSession } from '@atriz/lifecycle';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openTestFamily, type TestFamily } from '../../test/family.ts';
import type { ManifestDatabase } from '../manifest/manifest.ts';
import { compareWithManifest } from './compare.ts';
import { describeDatabase } from './fingerprint.ts';

let family: TestFamily;

beforeAll(async () => {
  family = await openTestFamily({ people: 20 });
});
afterAll(() => family[Symbol.asyncDispose]());

function describeNow(name: string): Promise<ManifestDatabase> {
  const target = family.target(name);
  return withSession(target.parameters, {}, async (client) => {
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    return describeDatabase({ target, client, snapshot: '1:1:', takenAt: new Date(0), server: 0 });
  });
}

/** What differs from the manifest after a change, which is then taken back. */
async function differencesAfter(name: string, [change, back]: readonly [string, string]): Promise<readonly string[]> {
  const manifest = await describeNow(name);
  await family.query(name, change);
  const differences = await compareWithManifest(family.target(name), manifest, {});
  await family.query(name, back);
  expect(await compareWithManifest(family.target(name), manifest, {})).toEqual([]);
  return differences.map(({ kind, message }) => `${kind}: ${message}`);
}

test('a database is described with its tables, the leaves of partitioned ones, sequences, migrations and what it is', async () => {
  const { trips, shops } = family.names;
  const described = await describeNow(trips);
  expect(described).toMatchObject({
    name: trips,
    databaseName: trips,
    identity: {
      family: family.workspace.family.name,
      definition: trips,
      environment: 'development',
      protected: false,
      instance: null,
    },
    migrations: [{ name: '1700000000001_tables', checksum: expect.stringMatching(/^[0-9a-f]{64}$/) as string }],
    takenAt: '1970-01-01T00:00:00.000Z',
    locale: { encoding: 'UTF8' },
  });
  const counted = described.tables.filter(({ schema }) => schema === 'public').map(({ name, rows }) => [name, rows]);
  expect(counted).toEqual([
    ['pgmigrations', 1],
    ['positions_2025', 20],
    ['positions_2026', 20],
    ['trips', 20],
  ]);
  expect((await describeNow(shops)).sequences.filter(({ schema }) => schema === 'public')).toEqual([
    { schema: 'public', name: 'pgmigrations_id_seq', lastValue: '1', isCalled: true },
    { schema: 'public', name: 'sales_id_seq', lastValue: '60', isCalled: true },
    { schema: 'public', name: 'shops_id_seq', lastValue: '20', isCalled: true },
  ]);
});

test('large objects, unlogged tables and materialized views are told apart', async () => {
  const name = family.names.people;
  await family.query(
    name,
    `SELECT lo_from_bytea(0, 'some bytes'); CREATE UNLOGGED TABLE scratch (id int); CREATE MATERIALIZED VIEW names AS SELECT name FROM people`,
  );
  const { tables } = await describeNow(name);
  expect(tables.at(-1)).toMatchObject({ schema: 'pg_catalog', name: 'pg_largeobject', rows: 1 });
  expect(tables.map((each) => each.name)).not.toContain('scratch');
  expect(tables.map((each) => each.name)).not.toContain('names');
  await family.query(
    name,
    `DROP TABLE scratch; DROP MATERIALIZED VIEW names; SELECT lo_unlink(oid) FROM pg_largeobject_metadata`,
  );
});

test('a row more, a value, a table or a migration that is not the set\u2019s is found', async () => {
  const { people, shops } = family.names;
  expect(
    await differencesAfter(people, [
      `INSERT INTO people (name) VALUES ('late')`,
      `DELETE FROM people WHERE name = 'late'`,
    ]),
  ).toEqual(['rows: public.people has 21 rows, the set has 20']);
  expect(
    await differencesAfter(people, [
      `UPDATE people SET mood = 'so-so' WHERE name = 'Person 2'`,
      `UPDATE people SET mood = 'glad' WHERE name = 'Person 2'`,
    ]),
  ).toEqual(['hash: public.people has 20 rows, and not the values of the set']);
  expect(
    await differencesAfter(people, ['ALTER TABLE people RENAME TO persons', 'ALTER TABLE persons RENAME TO people']),
  ).toEqual(['table: public.people is missing, with 20 rows', 'table: public.persons is there, and not in the set']);
  expect(await differencesAfter(shops, ['CREATE TABLE more ()', 'DROP TABLE more'])).toEqual([
    'table: public.more is there, and not in the set',
  ]);
  const [migrations, hash] = await differencesAfter(shops, [
    `UPDATE atriz.migrations SET checksum = upper(checksum)`,
    `UPDATE atriz.migrations SET checksum = lower(checksum)`,
  ]);
  expect(migrations).toBe('hash: atriz.migrations has 1 rows, and not the values of the set');
  expect(hash).toMatch(
    /^migrations: its migrations are \[\{"name":"1700000000001_tables","checksum":"[0-9A-F]{64}"\}\], in the set/,
  );
});

test('a sequence may be ahead of the set\u2019s, not behind the rows of its column', async () => {
  const { shops } = family.names;
  const back = `SELECT setval('shops_id_seq', 20)`;
  expect(await differencesAfter(shops, [`SELECT setval('shops_id_seq', 53)`, back])).toEqual([]);
  expect(await differencesAfter(shops, [`SELECT setval('shops_id_seq', 19)`, back])).toEqual([
    'sequence: public.shops_id_seq is at 19, the set at 20',
  ]);
  expect(await differencesAfter(shops, [`SELECT setval('shops_id_seq', 1, false)`, back])).toEqual([
    'sequence: public.shops_id_seq is at 1, the set at 20',
  ]);
});

test('a login whom a policy hides rows from is refused, and not given fewer', async () => {
  const { people } = family.names;
  const login = `${people}_reader`;
  await family.query(
    people,
    `CREATE ROLE ${login} LOGIN PASSWORD 'reader'; GRANT USAGE ON SCHEMA atriz TO ${login};
     GRANT SELECT ON ALL TABLES IN SCHEMA public, atriz TO ${login}; GRANT SELECT ON ALL SEQUENCES IN SCHEMA public TO ${login};
     ALTER TABLE people ENABLE ROW LEVEL SECURITY; CREATE POLICY glad ON people USING (mood = 'glad')`,
  );
  const target = family.target(people);
  const parameters = { ...target.parameters, user: login, password: 'reader' };
  const described = withSession(parameters, {}, async (client) => {
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    return describeDatabase({ target, client, snapshot: '1:1:', takenAt: new Date(0), server: 0 });
  });
  await expect(described).rejects.toMatchObject({
    code: 'PERMISSION_DENIED',
    message:
      'not every row of public.people may be read: query would be affected by row-level security policy for table "people"',
  });
  await family.query(
    people,
    `DROP OWNED BY ${login}; DROP ROLE ${login}; DROP POLICY glad ON people; ALTER TABLE people DISABLE ROW LEVEL SECURITY`,
  );
});
