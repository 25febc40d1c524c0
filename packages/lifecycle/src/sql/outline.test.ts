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
  expect(read(text)).toEqual(readByParser(text));
  expect(readOutline(text).code).toHaveLength(text.length);
});

interface Marks {
  readonly semicolons: readonly number[];
  readonly comments: readonly { readonly start: number; readonly end: number }[];
}

function read(text: string): Marks {
  const { code, lineComments } = readOutline(text);
  return { semicolons: [...code.matchAll(/;/g)].map(({ index }) => index), comments: lineComments };
}

function readByParser(text: string): Marks {
  const bytes = Buffer.from(text);
  const unitsBefore = (index: number): number => bytes.subarray(0, index).toString().length;
  const { tokens } = scanSync(text);
  const commentTokens = tokens.filter(({ tokenName }) => tokenName === 'SQL_COMMENT');
  return {
    semicolons: tokens.filter((token) => token.text === ';').map(({ start }) => unitsBefore(start)),
    comments: commentTokens.map(({ start, end }) => ({ start: unitsBefore(start), end: unitsBefore(end) })),
  };
}

test('it agrees with PostgreSQL’s own lexer on texts put together by chance, as far as that one reads them', () => {
  const pieces = `' '' E' e' \\' \\\\ " "" $$ $a$ $b$ $1 a b1 é 🚗 -- /* */ ; U&' N' x _ $ 1 ( )`
    .split(' ')
    .concat('\n', '\r', ' ', '\t');
  let seed = 7;
  const next = (below: number): number => {
    seed = (seed * 1_103_515_245 + 12_345) & 0x7f_ff_ff_ff;
    return Math.floor((seed / 0x80_00_00_00) * below);
  };
  let compared = 0;
  for (let round = 0; round < 10_000; round += 1) {
    const text = Array.from({ length: 1 + next(14) }, () => pieces[next(pieces.length)]!).join('');
    let expected: Marks;
    try {
      expected = readByParser(text);
    } catch {
      continue; // a string that is never closed, or the like
    }
    expect({ text, ...read(text) }).toEqual({ text, ...expected });
    compared += 1;
  }
  expect(compared).toBeGreaterThan(2000);
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
