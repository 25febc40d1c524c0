import { loadModule, scanSync } from 'libpg-query';
import { beforeAll, expect, test } from 'vitest';
import { readOutline } from './outline.ts';

beforeAll(() => loadModule());

test('comments become blanks, strings and quoted names dots, all else stays where it is', () => {
  const text = `SELECT 'a;', "b;" /* c; /* d; */ */ -- e;\nFROM $x$ ; $x$ WHERE f$1 = $2;`;
  const { code, lineComments } = readOutline(text);
  expect(code).toBe(
    `SELECT ...., ....` + ' '.repeat(' /* c; /* d; */ */ -- e;'.length) + `\nFROM ......... WHERE f$1 = $2;`,
  );
  expect(lineComments.map(({ start, end }) => text.slice(start, end))).toEqual(['-- e;']);
});

/** Each has a `;` that is one, and others that are not. */
test.each([
  `SELECT 1; -- a ; b\n`,
  `SELECT '-- not a comment'; SELECT ';';`,
  `SELECT 'it''s; fine'; SELECT "a""b;c";`,
  `SELECT E'it\\'s; fine'; SELECT e'\\\\';`,
  `SELECT E'a''b\\';' ; SELECT 1;`,
  `SELECT E'a'\n 'b\\';' ; SELECT 1;`,
  `SELECT 'a\\'; SELECT 1;`,
  `SELECT U&'\\0061;'; SELECT 1;`,
  `SELECT typE'a;' ; SELECT 1;`,
  `DO $$ BEGIN; END $$; SELECT 1;`,
  `DO $body$ BEGIN; $$ ; $$ END $body$; SELECT 1;`,
  `DO $é$ ; $é$; SELECT 1;`,
  `SELECT a$b$ FROM c; SELECT $1; SELECT d$;`,
  `SELECT $a$ ; $b$a$; SELECT 1;`,
  `/* a ; /* b ; */ c ; */ SELECT 1;`,
  `SELECT 1 --;\r; SELECT 2;`,
  `SELECT 1 /*;*/; -- x ; \u2028 ;\nSELECT 2;`,
  `SELECT '🚗;'; SELECT 1;`,
  `SELECT 5-- ;\n;`,
])('it finds the same semicolons and comments as PostgreSQL’s own lexer in %j', (text) => {
  const { code, lineComments } = readOutline(text);
  const bytes = Buffer.from(text);
  const tokens = scanSync(text).tokens.map(({ start, end, tokenName, text: token }) => ({
    start: bytes.subarray(0, start).toString().length,
    end: bytes.subarray(0, end).toString().length,
    tokenName,
    token,
  }));
  const semicolons = tokens.filter(({ token }) => token === ';').map(({ start }) => start);
  expect([...code.matchAll(/;/g)].map(({ index }) => index)).toEqual(semicolons);
  expect(lineComments).toEqual(
    tokens.filter(({ tokenName }) => tokenName === 'SQL_COMMENT').map(({ start, end }) => ({ start, end })),
  );
  expect(code).toHaveLength(text.length);
});

test.each([`SELECT 'a; b`, `SELECT "a; b`, `DO $$ a; b`, `SELECT E'a; b\\'`, `/* a; /* b; */ c;`])(
  'what is never closed reaches to the end: %j',
  (text) => {
    expect(readOutline(text).code).not.toContain(';');
  },
);

test('a text of a megabyte is read at once', () => {
  const text = `INSERT INTO t VALUES (1, 'it''s; -- text'); -- why\n`.repeat(20_000);
  expect(readOutline(text).lineComments).toHaveLength(20_000);
});
