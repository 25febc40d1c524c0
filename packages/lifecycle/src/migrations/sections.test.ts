import { expect, test } from 'vitest';
import { splitSections } from './sections.ts';

/** The two sections as text, with a check that their offsets are where the file has them. */
async function split(text: string): Promise<{ up: string; down: string | undefined }> {
  const { up, down } = await splitSections(text, 'x.sql');
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
  [
    'the markers in a body',
    '-- Up Migration\nDO $$\n-- Down Migration\nBEGIN NULL; END $$;\n-- Down Migration\nSELECT 2;',
    { up: '\nDO $$\n-- Down Migration\nBEGIN NULL; END $$;\n', down: '\nSELECT 2;' },
  ],
  [
    'the markers in a string',
    "-- Up Migration\n-- it's one ' of them\nSELECT 'a;\n-- Down Migration\nb';\n-- Down Migration\nSELECT 2;",
    { up: "\n-- it's one ' of them\nSELECT 'a;\n-- Down Migration\nb';\n", down: '\nSELECT 2;' },
  ],
  [
    'the markers in a comment of several lines',
    '-- Up Migration\n/* text;\n-- Down Migration\n*/ SELECT 1;\n-- Down Migration\nSELECT 2;',
    { up: '\n/* text;\n-- Down Migration\n*/ SELECT 1;\n', down: '\nSELECT 2;' },
  ],
  [
    'a marker between two lines of a statement',
    '-- Up Migration\nCREATE TABLE t (\n-- Down Migration\n  id int\n);\n-- Down Migration\nDROP TABLE t;',
    { up: '\nCREATE TABLE t (\n-- Down Migration\n  id int\n);\n', down: '\nDROP TABLE t;' },
  ],
  [
    'a marker between two statements of a function',
    '-- Up Migration\nCREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1;\n-- Down Migration\nSELECT 2; END;',
    {
      up: '\nCREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1;\n-- Down Migration\nSELECT 2; END;',
      down: undefined,
    },
  ],
  [
    'no semicolon before the marker',
    '-- Up Migration\nCREATE TABLE t ()\n-- Down Migration\nDROP TABLE t',
    { up: '\nCREATE TABLE t ()\n', down: '\nDROP TABLE t' },
  ],
  [
    'a syntax error before the marker',
    '-- Up Migration\nCREATE TABEL t (\n-- Down Migration\nDROP TABLE t;',
    { up: '\nCREATE TABEL t (\n', down: '\nDROP TABLE t;' },
  ],
  [
    'no way back',
    '-- Up Migration\nDROP TABLE t;\n-- Down Migration: none\n-- What was in it is gone.\n',
    { up: '\nDROP TABLE t;\n', down: undefined },
  ],
  [
    'line ends of old',
    '-- Up Migration\rSELECT 1;\r-- Down Migration\rSELECT 2;',
    { up: '\rSELECT 1;\r', down: '\rSELECT 2;' },
  ],
])('a file with %s is split', async (_, text, sections) => {
  await expect(split(text)).resolves.toEqual(sections);
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
  [
    'an ambiguous marker',
    '-- Up Migration\nSELECT 1\n-- Down Migration\nFROM t;',
    3,
    '"-- Down Migration" may stand in the middle of a statement',
  ],
  [
    'another word than none',
    '-- Up Migration\nSELECT 1;\n-- Down Migration: nothing\n',
    3,
    '"-- Down Migration: nothing" is no marker',
  ],
  [
    'statements although there are none',
    '-- Up Migration\nSELECT 1;\n-- Down Migration: none\nSELECT 2;',
    3,
    'there are statements below "-- Down Migration: none"',
  ],
  ['a word behind Up', '-- Up Migration: none\nSELECT 1;', 1, '"-- Up Migration: none" is no marker'],
])('a file with %s is MIGRATION_INVALID, with the line', async (_, text, line, fact) => {
  await expect(splitSections(text, 'migrations/x.sql')).rejects.toMatchObject({
    code: 'MIGRATION_INVALID',
    message: `migrations/x.sql:${line}: ${fact}`,
  });
});

test('a file says that there is no way back by the word none alone', async () => {
  await expect(
    splitSections('-- Up Migration\nSELECT 1;\n-- Down Migration: None \n', 'x.sql'),
  ).resolves.toHaveProperty('irreversible', true);
  await expect(splitSections('-- Up Migration\nSELECT 1;\n', 'x.sql')).resolves.toHaveProperty('irreversible', false);
  await expect(
    splitSections('-- Up Migration\nSELECT 1;\n-- Down Migration\nSELECT 2;', 'x.sql'),
  ).resolves.toHaveProperty('irreversible', false);
});
