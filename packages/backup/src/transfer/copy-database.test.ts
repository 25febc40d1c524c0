import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { withSession, type Target } from '@atriz/lifecycle';
import { expect, test } from 'vitest';
import { HAS_DEBIAN_SERVER, startDebianServer } from '../../test/debian-server.ts';
import { openTestFamily, type TestFamily } from '../../test/family.ts';
import { readContents, type Contents } from '../../test/memory-set.ts';
import { copyDatabase } from './copy-database.ts';

function contentsOf({ parameters }: Target): Promise<Contents> {
  return withSession(parameters, {}, async (client) => {
    await client.query('BEGIN');
    return readContents(client);
  });
}

/** A new, empty database beside those of the family, dropped with them. */
async function createCopy(family: TestFamily, name: string): Promise<Target> {
  const target = family.target(name);
  await family.query('postgres', `CREATE DATABASE ${name}_copy`);
  return { ...target, parameters: { ...target.parameters, database: `${name}_copy` } };
}

/** What came by migrations or while the system ran, after the family was made. */
const ADDED = `
CREATE TABLE positions_2027 PARTITION OF positions FOR VALUES FROM ('2027-01-01Z') TO ('2028-01-01Z') WITH (fillfactor = 70);
ALTER TABLE positions_2027 ENABLE ROW LEVEL SECURITY;
ALTER TABLE positions_2027 FORCE ROW LEVEL SECURITY;
COMMENT ON TABLE positions_2027 IS 'made while the system ran';
INSERT INTO positions SELECT id, '2027-03-03Z', 1, 2 FROM trips;
SELECT lo_from_bytea(0, decode(repeat('ab', 3000000), 'hex'))`;

test('a database is made anew by the texts in its ledger, with rows, ledger, partitions and large objects', async () => {
  await using family = await openTestFamily({ people: 30 });
  const name = family.names.trips;
  await family.query(name, ADDED);
  // The files have moved on: the ledger knows what was applied.
  const directory = join(family.root, name, 'migrations');
  await writeFile(join(directory, '1700000000001_tables.sql'), '-- Up Migration\nSELECT 1;\n-- Down Migration: none\n');
  const to = await createCopy(family, name);
  const from = family.target(name);
  const copied = await copyDatabase({ from, to, jobs: 2, context: {} });
  const contents = await contentsOf(from);
  expect(contents['public.positions_2027']).toHaveLength(30);
  expect(contents['atriz.migrations']).toHaveLength(1);
  expect(contents['large objects']).toHaveLength(1);
  expect(await contentsOf(to)).toEqual(contents);
  const { 'large objects': _, ...tables } = contents;
  expect(copied.rows).toBe(Object.values(tables).flat().length);
});

test('numbers, identity columns and foreign keys go on in the copy', async () => {
  await using family = await openTestFamily({ people: 10 });
  const name = family.names.shops;
  const to = await createCopy(family, name);
  await copyDatabase({ from: family.target(name), to, jobs: 2, context: {} });
  const shop = `INSERT INTO shops (owner_id, title) VALUES (gen_random_uuid(), 'next') RETURNING id`;
  expect(await family.query(to.parameters.database, shop)).toEqual([{ id: 11 }]);
  const sale = 'INSERT INTO sales (shop_id, cents) VALUES ($1, 5) RETURNING id::int';
  expect(await family.query(to.parameters.database, sale, [11])).toEqual([{ id: 31 }]);
  await expect(family.query(to.parameters.database, sale, [999])).rejects.toMatchObject({ code: '23503' });
});

test('what was made by hand, past the migrations, is told before anything is made', async () => {
  await using family = await openTestFamily({ people: 3 });
  const name = family.names.people;
  await family.query(name, 'CREATE INDEX by_hand ON people (joined_at); ALTER TABLE people ADD COLUMN hand text');
  const to = await createCopy(family, name);
  await expect(copyDatabase({ from: family.target(name), to, jobs: 1, context: {} })).rejects.toMatchObject({
    code: 'RESTORE_BLOCKED',
    message: [
      `the migrations in the ledger do not make the structure of "${name}":`,
      'table people: column hand is not made by the migrations in the ledger',
      'table people: index by_hand is not made by the migrations in the ledger',
    ].join('\n'),
  });
  expect(await contentsOf(to)).toEqual({});
});

test('a text that the ledger has not kept is taken from the file only where that is what was applied', async () => {
  await using family = await openTestFamily({ people: 3 });
  const name = family.names.people;
  await family.query(name, 'UPDATE atriz.migrations SET text = NULL');
  await copyDatabase({ from: family.target(name), to: await createCopy(family, name), jobs: 1, context: {} });
  const directory = join(family.root, name, 'migrations');
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, '1700000000001_tables.sql'), '-- Up Migration\nSELECT 1;\n-- Down Migration: none\n');
  await family.query('postgres', `DROP DATABASE ${name}_copy`);
  const to = await createCopy(family, name);
  await expect(copyDatabase({ from: family.target(name), to, jobs: 1, context: {} })).rejects.toMatchObject({
    code: 'MIGRATION_MISSING',
  });
});

test.skipIf(!HAS_DEBIAN_SERVER)('a database of the embedded PostgreSQL 18 is copied into a PostgreSQL 15', async () => {
  await using server = await startDebianServer();
  await using family = await openTestFamily({ people: 20 });
  for (const name of Object.values(family.names)) {
    const target = family.target(name);
    const to = { ...target, parameters: { ...server.parameters, database: name } };
    await withSession(server.parameters, {}, (client) => client.query(`CREATE DATABASE ${name} TEMPLATE template0`));
    await copyDatabase({ from: target, to, jobs: 2, context: {} });
    expect(await contentsOf(to)).toEqual(await contentsOf(target));
  }
});
