import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { checksumOf, readMigration, readMigrationFiles, splitSections } from './migration-file.ts';

/** The two sections as text, with a check that their offsets are where the file has them. */
function split(text: string): { up: string; down: string | undefined } {
  const { up, down } = splitSections(text, 'x.sql');
  for (const section of [up, down]) {
    if (section && text.slice(section.offset, section.offset + section.sql.length) !== section.sql) {
      throw new Error(`the offset ${section.offset} is not that of ${section.sql}`);
    }
  }
  return { up: up.sql, down: down?.sql };
}

test.each<[string, string, { up: string; down: string | undefined }]>([
  [
    'two sections',
    '-- Up Migration\nCREATE TABLE t ();\n-- Down Migration\nDROP TABLE t;\n',
    { up: '\nCREATE TABLE t ();\n', down: '\nDROP TABLE t;\n' },
  ],
  ['no Down', '-- Up Migration\nSELECT 1;', { up: '\nSELECT 1;', down: undefined }],
  ['an empty Up', '-- Up Migration\n-- Down Migration\nSELECT 1;', { up: '\n', down: '\nSELECT 1;' }],
  [
    'CRLF line ends',
    '-- Up Migration\r\nSELECT 1;\r\n-- Down Migration\r\nSELECT 2;\r\n',
    { up: '\nSELECT 1;\r\n', down: '\nSELECT 2;\r\n' },
  ],
  [
    'markers in other cases and spacings',
    '  --up migration  \nSELECT 1;\n\t--  DOWN MIGRATION\t\nSELECT 2;',
    { up: '\nSELECT 1;\n', down: '\nSELECT 2;' },
  ],
  [
    'comments before Up',
    '-- What and why.\n/* At\n   length. */\n\n-- Up Migration\nSELECT 1;',
    { up: '\nSELECT 1;', down: undefined },
  ],
  [
    'comments that mention the markers',
    '-- Up Migration\n-- Down migration is below\n-- see Down Migration\n-- Up Migration of v2\nSELECT 1; -- Down Migration\n' +
      '-- Down Migration\nSELECT 2;',
    {
      up: '\n-- Down migration is below\n-- see Down Migration\n-- Up Migration of v2\nSELECT 1; -- Down Migration\n',
      down: '\nSELECT 2;',
    },
  ],
])('a file with %s is split', (_, text, sections) => {
  expect(split(text)).toEqual(sections);
});

test.each([
  ['nothing', '', 1, 'it has no "-- Up Migration" line before everything else'],
  ['no marker', 'CREATE TABLE t ();', 1, 'it has no "-- Up Migration" line before everything else'],
  [
    'Down only',
    '-- drops it\n-- Down Migration\nDROP TABLE t;',
    2,
    'it has no "-- Up Migration" line before everything else',
  ],
  [
    'Down before Up',
    '-- Down Migration\nDROP TABLE t;\n-- Up Migration\nSELECT 1;',
    1,
    'it has no "-- Up Migration" line before everything else',
  ],
  [
    'statements before Up',
    '-- first\nSELECT 0;\n-- Up Migration\nSELECT 1;',
    1,
    'there are statements before "-- Up Migration", which would never run',
  ],
  ['two Ups', '-- Up Migration\nSELECT 1;\n-- Up Migration\nSELECT 2;', 3, 'there is a second "-- Up Migration" line'],
  [
    'two Ups around a Down',
    '-- Up Migration\n-- Down Migration\nSELECT 1;\n-- Up Migration\nSELECT 2;',
    4,
    'there is a second "-- Up Migration" line',
  ],
  [
    'two Downs',
    '-- Up Migration\n-- Down Migration\nSELECT 1;\n-- Down Migration\nSELECT 2;',
    4,
    'there is a second "-- Down Migration" line',
  ],
  [
    'an empty Down',
    '-- Up Migration\nSELECT 1;\n-- Down Migration\n\n',
    3,
    'its Down section is empty, so that undoing it would do nothing',
  ],
  [
    'a Down of comments and semicolons',
    '-- Up Migration\n-- Down Migration\n-- nothing to do\n/* or is there? */ ;',
    2,
    'its Down section is empty, so that undoing it would do nothing',
  ],
])('a file with %s is MIGRATION_INVALID, with the line', (_, text, line, fact) => {
  expect(() => splitSections(text, 'migrations/x.sql')).toThrow(
    expect.objectContaining({ code: 'MIGRATION_INVALID', message: `migrations/x.sql:${line}: ${fact}` }) as Error,
  );
});

test.each([
  ['LF', 'SELECT 1;\nSELECT 2;\n'],
  ['CRLF', 'SELECT 1;\r\nSELECT 2;\r\n'],
  ['blanks at line ends', 'SELECT 1;  \nSELECT 2;\t\n'],
  ['no last line end', 'SELECT 1;\nSELECT 2;'],
  ['several last line ends', 'SELECT 1;\nSELECT 2;\n\n\n'],
])('the checksum of a text with %s is that of its statements', (_, text) => {
  expect(checksumOf(text)).toBe('f64316e71b25e7e950d2440c39420b51dfcc2931e172a923d5b7f89fdc67342d');
});

test.each([
  ['another statement', 'SELECT 1;\nSELECT 3;\n'],
  ['blanks at the beginning of a line', 'SELECT 1;\n SELECT 2;\n'],
  ['blanks inside a line', 'SELECT  1;\nSELECT 2;\n'],
  ['a blank line between', 'SELECT 1;\n\nSELECT 2;\n'],
])('the checksum of a text with %s is another', (_, text) => {
  expect(checksumOf(text)).not.toBe('f64316e71b25e7e950d2440c39420b51dfcc2931e172a923d5b7f89fdc67342d');
});

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'atriz-lifecycle-test-'));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

test('a directory’s migrations are its SQL files by timestamp; others and hidden ones are passed over', async () => {
  for (const name of [
    '1700000000002_b.sql',
    '1700000000001_a-name.with_all.sql',
    '.1700000000000_hidden.sql',
    'README.md',
    '1700000000003_c.ts',
  ]) {
    await writeFile(join(directory, name), '');
  }
  await expect(readMigrationFiles(directory)).resolves.toEqual([
    { name: '1700000000001_a-name.with_all', path: join(directory, '1700000000001_a-name.with_all.sql') },
    { name: '1700000000002_b', path: join(directory, '1700000000002_b.sql') },
  ]);
  await expect(readMigrationFiles(join(directory, 'gone'))).resolves.toEqual([]);
});

test.each([
  '17000000000001_fourteen_digits.sql',
  '170000000000_twelve_digits.sql',
  '001_counted.sql',
  '1700000000001-dash.sql',
  '1700000000001_.sql',
  '1700000000001_with blank.sql',
  "1700000000001_quo'te.sql",
])('the name %s is MIGRATION_INVALID', async (name) => {
  const path = join(directory, name);
  await writeFile(path, '');
  await expect(readMigrationFiles(directory)).rejects.toMatchObject({
    code: 'MIGRATION_INVALID',
    message: `${path}: not <13-digit ms timestamp>_<name>.sql`,
  });
  await rm(path);
});

test('a byte order mark does not hide the first marker, and counts in no offset', async () => {
  const path = join(directory, 'bom');
  await writeFile(path, '\uFEFF-- Up Migration\nSELECT 1;\n');
  await expect(readMigration({ name: 'bom', path })).resolves.toEqual({
    name: 'bom',
    path,
    text: '-- Up Migration\nSELECT 1;\n',
    up: { sql: '\nSELECT 1;\n', offset: 15 },
    down: undefined,
  });
});
