import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { migration, openPlantation, type Plantation } from '../../test/plantation.ts';
import { migrateUp } from './migrate.ts';
import { migrateDown } from './undo.ts';

const NAME = '1700000000001_plants';

/** The tables that migrations made, in the order in which they did. */
function tables({ list }: Plantation): Promise<unknown[]> {
  return list(
    `SELECT relname::text FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
        AND relname <> 'pgmigrations' ORDER BY oid`,
  );
}

async function withFile(text: string, work: (plants: Plantation) => Promise<void>): Promise<void> {
  await using plants = await openPlantation({ migrations: { [`${NAME}.sql`]: text } });
  await work(plants);
}

test('CRLF line ends and a byte order mark: both directions run, and a body keeps its line ends', async () => {
  const text =
    '\uFEFF-- What.\r\n-- Up Migration\r\nCREATE TABLE plants (id int);\r\n' +
    "CREATE FUNCTION f() RETURNS text LANGUAGE sql AS $$\r\n  SELECT 'a'\r\n$$;\r\n" +
    '-- Down Migration\r\nDROP FUNCTION f();\r\nDROP TABLE plants;\r\n';
  await withFile(text, async (plants) => {
    await migrateUp(plants.target);
    await expect(tables(plants)).resolves.toEqual(['plants']);
    await expect(plants.list(`SELECT prosrc FROM pg_proc WHERE proname = 'f'`)).resolves.toEqual([
      "\r\n  SELECT 'a'\r\n",
    ]);
    await plants.write(`migrations/${NAME}.sql`, text.replaceAll('\r\n', '\n').replace('\uFEFF', ''));
    await expect(migrateUp(plants.target)).resolves.toEqual({ applied: [], undone: [] });
    await expect(migrateDown(plants.target)).resolves.toMatchObject({ undone: [NAME] });
    await expect(tables(plants)).resolves.toEqual([]);
  });
});

test('a migration of a megabyte is applied', async () => {
  const row = `(1, 'it''s a row; -- of the migration')`;
  const insert = `INSERT INTO plants VALUES ${Array.from({ length: 28_000 }, () => row).join(',\n')};`;
  await withFile(
    migration(`CREATE TABLE plants (id int, name text);\n${insert}`, 'DROP TABLE plants;'),
    async (plants) => {
      expect((await readFile(join(plants.directory, `migrations/${NAME}.sql`))).length).toBeGreaterThan(1_000_000);
      await migrateUp(plants.target);
      await expect(plants.list('SELECT count(*)::int FROM plants')).resolves.toEqual([28_000]);
      await migrateDown(plants.target);
      await expect(tables(plants)).resolves.toEqual([]);
    },
  );
});

test('what reads like a marker in a body, a string, a comment or a statement cuts nothing off', async () => {
  const up = `
DO $$
-- Down Migration
BEGIN CREATE TABLE a (); END $$;
COMMENT ON TABLE a IS 'text;
-- Down Migration
more';
/*
-- Down Migration
*/
CREATE TABLE b (
-- Down Migration
  id int
);`;
  await withFile(migration(up, 'DROP TABLE a, b;'), async (plants) => {
    await migrateUp(plants.target);
    await expect(tables(plants)).resolves.toEqual(['a', 'b']);
    await expect(plants.list(`SELECT obj_description('a'::regclass)`)).resolves.toEqual([
      'text;\n-- Down Migration\nmore',
    ]);
    await migrateDown(plants.target);
    await expect(tables(plants)).resolves.toEqual([]);
  });
});

test.each([
  ['only a Down marker', '-- Down Migration\nCREATE TABLE wrong ();', 'it has no "-- Up Migration" line'],
  ['an empty Down', '-- Up Migration\nCREATE TABLE wrong ();\n-- Down Migration\n', 'its Down section is empty'],
  [
    'COPY FROM stdin',
    migration('CREATE TABLE wrong (id int);\nCOPY wrong FROM stdin;\n1\n\\.'),
    'COPY FROM STDIN: there is no client that could send the rows',
  ],
  ['a COMMIT', migration('CREATE TABLE wrong (id int);\nCOMMIT;\nSELECT 1 / 0;'), 'COMMIT: a migration does not begin'],
  [
    'CREATE INDEX CONCURRENTLY',
    migration('CREATE TABLE wrong (id int);\nCREATE INDEX CONCURRENTLY ON wrong (id);'),
    'this CREATE INDEX cannot run inside a transaction',
  ],
  [
    'a directive that there is not',
    '-- atriz: no_transaction\n-- Up Migration\nCREATE TABLE wrong ();',
    'is not a directive',
  ],
])('%s is refused before anything is run', async (_, text, message) => {
  await withFile(text, async (plants) => {
    await expect(migrateUp(plants.target)).rejects.toMatchObject({
      code: 'MIGRATION_INVALID',
      message: expect.stringContaining(message) as string,
    });
    await expect(tables(plants)).resolves.toEqual([]);
  });
});

test('a timestamp of 14 digits is refused: it would sort behind all others for ever', async () => {
  await using plants = await openPlantation({
    migrations: { [`${NAME}.sql`]: migration('SELECT 1;'), '17000000000002_late.sql': migration('SELECT 1;') },
  });
  await expect(migrateUp(plants.target)).rejects.toMatchObject({
    code: 'MIGRATION_INVALID',
    message: expect.stringContaining('17000000000002_late.sql: not <13-digit ms timestamp>_<name>.sql') as string,
  });
});

test('two files of one timestamp, from two branches, run in the order of their names, upper case first', async () => {
  await using plants = await openPlantation({
    migrations: {
      '1700000000001_b.sql': migration('CREATE TABLE b ();', 'DROP TABLE b;'),
      '1700000000001_a.sql': migration('CREATE TABLE a ();', 'DROP TABLE a;'),
      '1700000000001_Z.sql': migration('CREATE TABLE z ();', 'DROP TABLE z;'),
    },
  });
  await expect(migrateUp(plants.target)).resolves.toMatchObject({
    applied: ['1700000000001_Z', '1700000000001_a', '1700000000001_b'],
  });
  await expect(tables(plants)).resolves.toEqual(['z', 'a', 'b']);
  await plants.write('migrations/1700000000001_c.sql', migration('CREATE TABLE c ();', 'DROP TABLE c;'));
  await expect(migrateUp(plants.target)).resolves.toMatchObject({ applied: ['1700000000001_c'] });
  await plants.write('migrations/1700000000001_aa.sql', migration('CREATE TABLE aa ();', 'DROP TABLE aa;'));
  await expect(migrateUp(plants.target)).rejects.toMatchObject({ code: 'MIGRATION_OUT_OF_ORDER' });
});

test('-- Down Migration: none stops an undo, and the message says that it was meant', async () => {
  await withFile('-- Up Migration\nCREATE TABLE plants ();\n-- Down Migration: none\n', async (plants) => {
    await migrateUp(plants.target);
    await expect(migrateDown(plants.target)).rejects.toMatchObject({
      code: 'MIGRATION_INVALID',
      message: `${plants.directory}/migrations/${NAME}.sql: it says "-- Down Migration: none": there is no way back`,
    });
    await expect(tables(plants)).resolves.toEqual(['plants']);
  });
});
