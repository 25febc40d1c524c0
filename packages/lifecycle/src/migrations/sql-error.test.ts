import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parseMigration } from './migration-file.ts';
import { migrationError, type Failure } from './sql-error.ts';

const PATH = join(process.cwd(), 'migrations/1700000000001_plants.sql');

/** What is told of an error whose position is where `fault` first stands in the file. */
async function tell(
  text: string,
  fault: string,
  changes: Partial<Failure> & { readonly cause?: object } = {},
): Promise<string[]> {
  const migration = await parseMigration({ name: '1700000000001_plants', path: PATH }, text);
  const direction = changes.direction ?? 'up';
  const section = migration[direction]!;
  // PostgreSQL counts characters, not UTF-16 units, from 1.
  const position = Array.from(section.sql.slice(0, section.sql.indexOf(fault))).length + 1;
  const cause = Object.assign(new Error('syntax error'), {
    severity: 'ERROR',
    code: '42601',
    position: String(position),
    ...changes.cause,
  });
  const error = migrationError({ kept: [], ...changes, direction, migration, section, cause });
  expect(error).toMatchObject({ code: 'MIGRATION_FAILED', cause });
  return error.message.split('\n');
}

const FATE = 'this migration was rolled back; this run applied nothing before it';

test('file, line and column are told, with PostgreSQL’s words, the line itself and a mark', async () => {
  expect(await tell('-- What.\n-- Up Migration\nSELECT 1;\n  SELEKT 2;\n', 'SELEKT')).toEqual([
    'migrations/1700000000001_plants.sql:4:3: syntax error (42601)',
    '     4 |   SELEKT 2;',
    '       |   ^',
    FATE,
  ]);
});

test('a fault in the Down section is told by the line of the file', async () => {
  const text = '-- Up Migration\nSELECT 1;\n-- Down Migration\nDROP TABEL t;\n';
  expect(await tell(text, 'TABEL', { direction: 'down' })).toEqual([
    'migrations/1700000000001_plants.sql:4:6: syntax error (42601)',
    '     4 | DROP TABEL t;',
    '       |      ^',
    'this undoing was rolled back; this run undid nothing before it',
  ]);
});

test('characters outside the BMP before the fault shift neither line nor mark: columns are counted as editors do', async () => {
  expect(await tell(`-- Up Migration\n-- 🚗🚙 東京\nSELECT '🚗', x;\n`, 'x;')).toEqual([
    'migrations/1700000000001_plants.sql:3:14: syntax error (42601)',
    `     3 | SELECT '🚗', x;`,
    '       |              ^',
    FATE,
  ]);
});

test('CRLF line ends are not shown and not counted as lines of their own', async () => {
  expect(await tell('-- Up Migration\r\nSELECT 1;\r\nSELEKT 2;\r\n', 'SELEKT')).toEqual([
    'migrations/1700000000001_plants.sql:3:1: syntax error (42601)',
    '     3 | SELEKT 2;',
    '       | ^',
    FATE,
  ]);
});

test('the mark stands under the fault in a line that begins with tabs', async () => {
  expect((await tell('-- Up Migration\n\t\tSELEKT 2;\n', 'SELEKT')).slice(1, 3)).toEqual([
    '     2 | \t\tSELEKT 2;',
    '       | \t\t^',
  ]);
});

test('a statement that the file ends in the middle of is marked at its end, not in what Atriz adds', async () => {
  expect(await tell('-- Up Migration\nSELECT (1\n\n', 'SELECT', { cause: { position: '500' } })).toEqual([
    'migrations/1700000000001_plants.sql:2:10: syntax error (42601)',
    '     2 | SELECT (1',
    '       |          ^',
    FATE,
  ]);
});

test('an error that has no position is told without a line', async () => {
  expect(await tell('-- Up Migration\nSELECT 1;\n', 'SELECT', { cause: { position: undefined } })).toEqual([
    'migrations/1700000000001_plants.sql: syntax error (42601)',
    FATE,
  ]);
});

test('detail, hint and context follow, and what was kept ends it', async () => {
  const cause = { position: undefined, detail: 'Key (a)=(1).', hint: 'Try b.', where: 'PL/pgSQL function f()' };
  expect(await tell('-- Up Migration\nSELECT 1;\n', 'SELECT', { cause, kept: ['1_a', '2_b'] })).toEqual([
    'migrations/1700000000001_plants.sql: syntax error (42601)',
    '  Key (a)=(1).',
    '  Try b.',
    '  PL/pgSQL function f()',
    'this migration was rolled back; applied before it and kept: 1_a, 2_b',
  ]);
  expect(
    (
      await tell('-- Up Migration\nSELECT 1;\n-- Down Migration\nSELECT 2;', 'SELECT', {
        direction: 'down',
        kept: ['3_c'],
        cause: { position: undefined },
      })
    ).at(-1),
  ).toBe('this undoing was rolled back; undone before it and kept: 3_c');
});

test('a connection that broke leaves it open whether the migration was committed, and the message says so', async () => {
  const lost = { severity: undefined, code: undefined, position: undefined, message: 'Connection terminated' };
  expect(await tell('-- Up Migration\nSELECT 1;\n', 'SELECT', { cause: lost })).toEqual([
    'migrations/1700000000001_plants.sql: Connection terminated',
    'whether this migration was committed is not known (pnpm migrate status tells); this run applied nothing before it',
  ]);
});
