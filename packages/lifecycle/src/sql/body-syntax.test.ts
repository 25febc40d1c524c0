import { expect, test } from 'vitest';
import { findBodyFault } from './body-syntax.ts';
import { parseSql } from './parser.ts';

/** The message, and what stands at the place. */
async function find(sql: string): Promise<[string, string] | undefined> {
  const outcome = await parseSql(sql);
  if (!('statements' in outcome)) throw new Error(`no SQL: ${sql}`);
  const fault = await findBodyFault(outcome.statements[0]!);
  return fault && [fault.message, sql.slice(fault.index, fault.index + 8)];
}

const IN_SQL = 'CREATE FUNCTION f() RETURNS int LANGUAGE sql AS';
const IN_PLPGSQL = 'CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS';

test.each([
  'SELECT 1',
  'DO $$ BEGIN PERFORM 1; END $$',
  'DO $$ DECLARE r a_type_of_ours; t users%ROWTYPE; BEGIN FOR r IN SELECT * FROM users LOOP RAISE NOTICE $x$%$x$, r; END LOOP; END $$',
  "DO LANGUAGE plpython3u $$ print('anything') $$",
  `${IN_SQL} $$ SELECT $1; SELECT 2 $$`,
  `${IN_SQL} 'SELECT ''a''::text::int'`,
  'CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; END',
  "CREATE FUNCTION f() RETURNS int LANGUAGE c AS 'library', 'symbol'",
  'CREATE PROCEDURE p() LANGUAGE plpgsql AS $$ BEGIN COMMIT; END $$',
  `${IN_PLPGSQL} $$ BEGIN RETURN QUERY EXECUTE format('SELECT %I', 'x'); END $$`.replace('int', 'SETOF int'),
])('nothing is wrong with %j', async (sql) => {
  await expect(find(sql)).resolves.toBeUndefined();
});

test.each([
  [`${IN_SQL} $$ SELECT 1; SELEC 2 $$`, 'syntax error at or near "SELEC"', 'SELEC 2 '],
  [`${IN_SQL} 'SELECT ''a'' FRM t'`, 'syntax error at or near "t"', 'CREATE F'],
  [`${IN_PLPGSQL} $$ BEGIN RETRUN 1; END $$`, 'syntax error at or near "RETRUN"', 'RETRUN 1'],
  ['DO $$ BEGIN UPDAT t SET a = 1; END $$', 'syntax error at or near "UPDAT"', 'UPDAT t '],
  ['DO $$ BEGIN IF true THEN NULL; END $$', 'syntax error at end of input', 'DO $$ BE'],
])('%j is told', async (sql, message, place) => {
  await expect(find(sql)).resolves.toEqual([message, place]);
});
