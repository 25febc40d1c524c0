import { expect, test } from 'vitest';
import { parseMigration } from '../migrations/migration-file.ts';
import { readPlannedStatements } from './planned-statements.ts';

async function show(text: string): Promise<string[]> {
  const statements = await readPlannedStatements(await parseMigration({ name: 'x', path: 'x.sql' }, text));
  return statements.map(({ kind, line, locks }) =>
    [`${line} ${kind}`, ...locks.map(({ relation, mode }) => `${mode} on ${relation}`)].join(', '),
  );
}

test('each statement of the Up section has its kind, its line in the file and its locks', async () => {
  const text = `-- Why. Takes: a lock.

-- Up Migration
CREATE TABLE a (id int REFERENCES "B c" (id));
DO $$
BEGIN
  NULL;
END $$; ALTER TABLE d
  ADD COLUMN é text; -- done
CREATE INDEX ON d (é);
-- Down Migration
DROP TABLE a;
`;
  await expect(show(text)).resolves.toEqual([
    '4 CREATE TABLE, SHARE ROW EXCLUSIVE on "B c"',
    '5 DO, unknown on what it uses',
    '8 ALTER TABLE, ACCESS EXCLUSIVE on d',
    '10 CREATE INDEX, SHARE on d',
  ]);
  await expect(show(text.replaceAll('\n', '\r\n'))).resolves.toEqual(await show(text));
});

test.each([
  ['CREATE TABLE a (id int);', 'ALTER TABLE a ADD COLUMN b int;'],
  ['CREATE UNLOGGED TABLE  A (id int);', 'ALTER TABLE a ADD COLUMN b int;'],
  ['CREATE TABLE "A" (id int);', 'ALTER TABLE "A" ADD COLUMN b int;'],
  ['CREATE TABLE "a" (id int);', 'ALTER TABLE a ADD COLUMN b int;'],
  ['CREATE TABLE S.A (id int);', 'ALTER TABLE s.a ADD COLUMN b int;'],
  ['CREATE MATERIALIZED VIEW a AS SELECT 1;', 'REFRESH MATERIALIZED VIEW a;'],
])('what the same transaction has made is locked for nobody: %s', async (first, second) => {
  const lines = await show(`-- Up Migration\n${first}\n${second}`);
  expect(lines[1]).not.toContain(' on ');
});

test.each([
  ['-- Up Migration\n', 'CREATE TABLE IF NOT EXISTS a (id int);'],
  ['-- atriz: no-transaction\n-- Up Migration\n', 'CREATE TABLE a (id int);'],
  ['-- Up Migration\n', 'CREATE TABLE other.a (id int);'],
])('what may have been there before, or is seen by others already, is locked: %j %s', async (head, first) => {
  const lines = await show(`${head}${first}\nALTER TABLE a ADD COLUMN b int;`);
  expect(lines[1]).toContain('ACCESS EXCLUSIVE on a');
});

test('a text that is no SQL is MIGRATION_INVALID', async () => {
  await expect(show('-- Up Migration\nCREATE TABEL a ();')).rejects.toMatchObject({ code: 'MIGRATION_INVALID' });
});
