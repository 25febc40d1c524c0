import { join } from 'node:path';
import { expect, test } from 'vitest';
import { checkMigration, describeFault, refuseUnrunnable } from './check-migration.ts';
import { parseMigration, type Migration } from './migration-file.ts';

const PATH = join(process.cwd(), 'migrations/1700000000001_plants.sql');

function parse(text: string): Promise<Migration> {
  return parseMigration({ name: '1700000000001_plants', path: PATH }, text);
}

/** What is found, as a person reads it. */
async function find(text: string): Promise<string[]> {
  const migration = await parse(text);
  return (await checkMigration(migration)).map((fault) => `${describeFault(PATH, fault)}\n${fault.hint}`);
}

const DOWN = '\n-- Down Migration\nSELECT 1;\n';

test('a migration of which there is nothing to say', async () => {
  await expect(
    find(`-- Up Migration\nDO $$ BEGIN /* ; COMMIT; */ NULL; END $$;\nSELECT 'COPY t FROM stdin; VACUUM';${DOWN}`),
  ).resolves.toEqual([]);
});

test('a syntax error is told without a server, by file, line and column', async () => {
  await expect(find(`-- What 🚗.\n-- Up Migration\nSELECT 1;\nCREATE TABEL é ();${DOWN}`)).resolves.toEqual([
    `migrations/1700000000001_plants.sql:4:8: syntax error at or near "TABEL"
     4 | CREATE TABEL é ();
       |        ^
correct the statement`,
  ]);
});

test('a syntax error in the body of a function is told too', async () => {
  const body = 'CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$\nBEGIN\n  RETRUN NEW;\nEND $$;';
  await expect(find(`-- Up Migration\nSELECT 1;\n${body}${DOWN}`)).resolves.toEqual([
    `migrations/1700000000001_plants.sql:5:3: syntax error at or near "RETRUN"
     5 |   RETRUN NEW;
       |   ^
correct the body`,
  ]);
});

test('the Down section is looked at too, and each fault is told', async () => {
  await expect(find('-- Up Migration\r\nVACUUM;\r\nBEGIN;\r\n-- Down Migration\r\nDROP TABEL t;\r\n')).resolves.toEqual(
    [
      `migrations/1700000000001_plants.sql:2:1: this VACUUM cannot run inside a transaction
     2 | VACUUM;
       | ^
put "-- atriz: no-transaction" at the head of the file, and move what needs a transaction to another one`,
      `migrations/1700000000001_plants.sql:3:1: BEGIN: a migration does not begin or end transactions
     3 | BEGIN;
       | ^
take it out: the migration runs in one transaction, together with its rows in history and ledger`,
      `migrations/1700000000001_plants.sql:5:6: syntax error at or near "TABEL"
     5 | DROP TABEL t;
       |      ^
correct the statement`,
    ],
  );
});

test.each([
  ['rows', "SELECT 1;\n  COPY plants (id, name) FROM STDIN WITH (FORMAT text);\n1\tit's one\n\\.\n", 3, 3],
  ['no rows', 'COPY plants FROM stdin;', 2, 1],
])('COPY FROM stdin with %s below it is told by its own line', async (_, up, line, column) => {
  const migration = await parse(`-- Up Migration\n${up}`);
  await expect(checkMigration(migration)).resolves.toEqual([
    {
      rule: 'copy-from-stdin',
      place: expect.objectContaining({ line, column }) as object,
      message: 'COPY FROM STDIN: there is no client that could send the rows',
      hint: 'write the rows as INSERT … VALUES, or load them by a seed: copyRows is as fast',
    },
  ]);
  await expect(refuseUnrunnable(migration, 'up')).rejects.toMatchObject({
    code: 'MIGRATION_INVALID',
    message: expect.stringContaining(`1700000000001_plants.sql:${line}:${column}: COPY FROM STDIN`) as string,
  });
});

test('commands of psql are told for what they are', async () => {
  await expect(find('-- Up Migration\nSELECT 1;\n\\connect other\n')).resolves.toEqual([
    `migrations/1700000000001_plants.sql:3:1: syntax error at or near "\\"
     3 | \\connect other
       | ^
commands of psql are no SQL: write what it does as a statement, or take it out`,
  ]);
});

test('with no-transaction, what needs it is right, and a transaction still is not', async () => {
  const text = '-- atriz: no-transaction\n-- Up Migration\nCREATE INDEX CONCURRENTLY ON t (id);\n';
  await expect(find(text)).resolves.toEqual([]);
  await expect(refuseUnrunnable(await parse(text), 'up')).resolves.toBeUndefined();
  await expect(find(`${text}BEGIN;\n`)).resolves.toEqual([
    `migrations/1700000000001_plants.sql:4:1: BEGIN: a migration does not begin or end transactions
     4 | BEGIN;
       | ^
take it out: each statement of this file is sent alone`,
  ]);
});

test.each([
  ['COMMIT', 'SELECT 1; COMMIT;', 'COMMIT: a migration does not begin or end transactions'],
  ['a savepoint', '-- why\nsavepoint a;', 'SAVEPOINT: a migration does not begin or end transactions'],
  ['CONCURRENTLY', 'DROP INDEX concurrently t_idx', 'this DROP INDEX cannot run inside a transaction'],
  ['VACUUM', '/* why */ VACUUM', 'this VACUUM cannot run inside a transaction'],
  ['a database', 'CREATE DATABASE other', 'this CREATE DATABASE cannot run inside a transaction'],
  ['the server', "ALTER SYSTEM SET work_mem = '4MB'", 'this ALTER SYSTEM cannot run inside a transaction'],
])('%s is refused in the direction that runs, and in that alone', async (_, sql, message) => {
  const up = await parse(`-- Up Migration\n${sql}${DOWN}`.replace(`${sql}\n`, `${sql};\n`));
  await expect(refuseUnrunnable(up, 'up')).rejects.toMatchObject({
    code: 'MIGRATION_INVALID',
    message: expect.stringContaining(message) as string,
  });
  await expect(refuseUnrunnable(up, 'down')).resolves.toBeUndefined();
  const down = await parse(`-- Up Migration\nSELECT 1;\n-- Down Migration\n${sql}`);
  await expect(refuseUnrunnable(down, 'up')).resolves.toBeUndefined();
  await expect(refuseUnrunnable(down, 'down')).rejects.toMatchObject({ code: 'MIGRATION_INVALID' });
});

test('words that only look like it are no reason, nor are syntax errors, which the server tells', async () => {
  for (const up of [
    `DO $$ BEGIN VACUUM; COMMIT; END $$;`,
    `REINDEX TABLE t; DO $$ BEGIN SELEC 1; END $$;`,
    `CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; END;`,
    `-- COPY t FROM stdin;\nCREATE TABLE stdin ("begin" int);`,
    'REFRESH MATERIALIZED VIEW CONCURRENTLY v;',
    'VACUUMM;',
  ]) {
    await expect(refuseUnrunnable(await parse(`-- Up Migration\n${up}`), 'up')).resolves.toBeUndefined();
  }
});

test('a statement nested deeper than the parser can go is left to the server', async () => {
  await expect(find(`-- Up Migration\nSELECT ${'1 + '.repeat(100_000)} 1;`)).resolves.toEqual([]);
});
