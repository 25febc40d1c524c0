import { expect, test } from 'vitest';
import { readStatements } from './statements.ts';

test('a text is split where PostgreSQL splits it, and each place is that of the text', async () => {
  const text = `-- 🚗 é: not a statement;
CREATE TABLE "é🚗" (id int);;
  DO $$ BEGIN PERFORM 1; END $$; -- nor this;
CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; SELECT 2; END;
ALTER TABLE "é🚗" ADD COLUMN b text
`;
  const statements = await readStatements(text);
  expect(statements.map(({ sql }) => sql)).toEqual([
    'CREATE TABLE "é🚗" (id int)',
    'DO $$ BEGIN PERFORM 1; END $$',
    'CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; SELECT 2; END',
    'ALTER TABLE "é🚗" ADD COLUMN b text',
  ]);
  for (const { sql, start, end } of statements) expect(text.slice(start, end)).toBe(sql);
  expect(statements.map(({ kind }) => kind)).toEqual(['CREATE TABLE', 'DO', 'CREATE FUNCTION', 'ALTER TABLE']);
});

test.each(['', ' \n', '-- nothing', '/* nothing */ ;;'])('%j has no statements', async (text) => {
  await expect(readStatements(text)).resolves.toEqual([]);
});

test('a text that is no SQL is refused', async () => {
  await expect(readStatements('SELECT 1; SELEC 2;')).rejects.toMatchObject({
    code: 'MIGRATION_INVALID',
    message: 'syntax error at or near "SELEC"',
  });
});

test('what is nested deeper than the parser can go is refused, and the parser goes on working', async () => {
  await expect(readStatements(`SELECT ${'1 + '.repeat(100_000)} 1;`)).rejects.toMatchObject({
    code: 'MIGRATION_INVALID',
    message: 'a statement is nested too deep',
  });
  await expect(readStatements('SELECT 1')).resolves.toHaveLength(1);
});

test('a megabyte of statements is split', async () => {
  const text = `INSERT INTO t VALUES (1, 'it''s; -- text with ü'); -- why\n`.repeat(20_000);
  const statements = await readStatements(text);
  expect(statements).toHaveLength(20_000);
  expect(statements.at(-1)!.end).toBe(text.lastIndexOf(';'));
});
