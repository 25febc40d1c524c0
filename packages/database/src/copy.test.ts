import type pg from 'pg';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { copyRows } from './copy.ts';
import type { CopyValue } from './copy-format.ts';
import { connectClient, openEmptyDatabase, type EmptyDatabase } from '../test/empty-database.ts';
import { withTransaction } from './transaction.ts';

let database: EmptyDatabase;
let client: pg.Client;
const opened = new AsyncDisposableStack();
beforeAll(async () => {
  database = opened.use(await openEmptyDatabase());
  client = opened.use(await connectClient(database.connectionString)).client;
  await client.query(`
    CREATE TABLE numbers (n bigint PRIMARY KEY);
    CREATE SCHEMA "Odd Schema";
    CREATE TABLE "Odd Schema"."Mixed ""Case""" ("Number One" int, "select" text)`);
});
afterAll(() => opened.disposeAsync());
beforeEach(() => client.query('TRUNCATE numbers'));

const instant = new Date('2024-02-29T12:34:56.789Z');
const bytes = Buffer.from([0, 1, 92, 120, 255]);

test.each<[string, string, CopyValue]>([
  ['text', 'text', 'plain'],
  ['an empty text', 'text', ''],
  ['text with every escape', 'text', 'a\tb\nc\rd\be\ff\vg\\h'],
  ['the end-of-data mark', 'text', String.raw`\.`],
  ['text that reads like NULL', 'text', String.raw`\N`],
  ['text in other scripts', 'text', 'ñandú 東京 🚗'],
  ['NULL', 'text', null],
  ['undefined', 'text', undefined],
  ['an integer', 'int', -42],
  ['a double', 'double precision', 0.1 + 0.2],
  ['NaN', 'double precision', Number.NaN],
  ['infinity', 'double precision', Number.NEGATIVE_INFINITY],
  ['a bigint', 'bigint', 9_223_372_036_854_775_807n],
  ['true', 'boolean', true],
  ['false', 'boolean', false],
  ['an instant', 'timestamptz', instant],
  ['an instant before year 1', 'timestamptz', new Date('-000043-03-15T12:00:00.000Z')],
  ['an instant in the year 50', 'timestamptz', new Date('0050-03-15T12:00:00.000Z')],
  ['an instant after year 9999', 'timestamptz', new Date('+012024-03-15T12:00:00.000Z')],
  ['bytes', 'bytea', bytes],
  ['bytes that are part of a larger buffer', 'bytea', new Uint8Array(bytes).subarray(1, 4)],
  ['no bytes', 'bytea', new Uint8Array()],
  ['an array of integers', 'int[]', [1, null, 3]],
  ['an empty array', 'text[]', []],
  [
    'a nested array',
    'int[]',
    [
      [1, 2],
      [3, 4],
    ],
  ],
  ['an array of awkward texts', 'text[]', ['', 'NULL', 'a,b', '{c}', 'd"e', 'f\\g', 'h\ni', undefined]],
  ['an array of booleans', 'boolean[]', [true, false]],
  ['an array of instants', 'timestamptz[]', [instant]],
  ['an array of bytes', 'bytea[]', [bytes]],
  ['JSON', 'jsonb', { text: 'a\\b"c\n\u2028', list: [1, null], nested: { yes: true } }],
  ['an array of JSON', 'jsonb[]', [{ a: 'b"c\\d' }, { e: 1 }]],
])('%s arrives as the same value that a parameter would', async (_, type, value) => {
  await client.query(`CREATE TEMP TABLE loaded (way text, value ${type})`);
  try {
    await copyRows(client, { table: 'loaded', columns: ['way', 'value'] }, [['copy', value]]);
    await client.query(`INSERT INTO loaded VALUES ('parameter', $1)`, [value]);
    const { rows } = await client.query<{ text: string | null }>('SELECT value::text AS text FROM loaded ORDER BY way');
    expect(rows).toHaveLength(2);
    expect(rows[0]).toEqual(rows[1]);
    expect(rows[0]!.text === null).toBe(value === null || value === undefined);
  } finally {
    await client.query('DROP TABLE loaded');
  }
});

test('it says how many rows went in; none is a number too', async () => {
  await expect(copyRows(client, { table: 'numbers', columns: ['n'] }, [[1], [2], [3]])).resolves.toEqual({ rows: 3 });
  await expect(copyRows(client, { table: 'numbers', columns: ['n'] }, [])).resolves.toEqual({ rows: 0 });
  await expect(count()).resolves.toBe(3);
});

test('schema, table and columns are quoted as they stand', async () => {
  await copyRows(client, { schema: 'Odd Schema', table: 'Mixed "Case"', columns: ['select', 'Number One'] }, [
    ['word', 1],
  ]);
  const { rows } = await client.query('SELECT * FROM "Odd Schema"."Mixed ""Case"""');
  expect(rows).toEqual([{ 'Number One': 1, select: 'word' }]);
});

test('columns that are not given get their defaults', async () => {
  await client.query('CREATE TEMP TABLE defaulted (a int, b int DEFAULT 7)');
  await copyRows(client, { table: 'defaulted', columns: ['a'] }, [[1]]);
  await expect(client.query('SELECT * FROM defaulted')).resolves.toMatchObject({ rows: [{ a: 1, b: 7 }] });
});

test('rows may come asynchronously, more of them than one write holds', async () => {
  await expect(copyRows(client, { table: 'numbers', columns: ['n'] }, positions())).resolves.toEqual({ rows: 50_000 });
  await expect(client.query('SELECT sum(n)::text AS sum FROM numbers')).resolves.toMatchObject({
    rows: [{ sum: '1249975000' }],
  });
});

test('an error names line and column of the row at fault, nothing is kept and the client stays usable', async () => {
  await expect(
    copyRows(client, { table: 'numbers', columns: ['n'] }, [[1], [2], ['three'], [4]]),
  ).rejects.toMatchObject({ code: '22P02', where: 'COPY numbers, line 3, column n: "three"' });
  await expect(count()).resolves.toBe(0);
});

test('an error far into the load stops the rows, and the client stays usable', async () => {
  let given = 0;
  function* rows(): Generator<readonly CopyValue[]> {
    try {
      for (; given < 5_000_000; given += 1) yield [given === 100_000 ? 'bad' : given];
    } finally {
      given = -given;
    }
  }
  await expect(copyRows(client, { table: 'numbers', columns: ['n'] }, rows())).rejects.toMatchObject({
    where: 'COPY numbers, line 100001, column n: "bad"',
  });
  await expect(count()).resolves.toBe(0);
  // Negative: the generator's `finally` ran. Small: it was not read to its end.
  expect(given).toBeLessThan(-100_000);
  expect(given).toBeGreaterThan(-5_000_000);
});

test.each([
  ['a table that does not exist', { table: 'nowhere', columns: ['n'] }, '42P01'],
  ['a column that does not exist', { table: 'numbers', columns: ['m'] }, '42703'],
])('%s is an error, and the client stays usable', async (_, target, code) => {
  await expect(copyRows(client, target, [[1]])).rejects.toMatchObject({ code });
  await expect(count()).resolves.toBe(0);
});

test('a row with too many or too few values is an error', async () => {
  await expect(copyRows(client, { table: 'numbers', columns: ['n'] }, [[1, 2]])).rejects.toMatchObject({
    code: '22P04',
  });
  await expect(copyRows(client, { table: 'numbers', columns: ['n'] }, [[]])).rejects.toMatchObject({ code: '22P02' });
});

test.each([0, 10, 100_000])(
  'rows that throw after %i rows leave nothing, their error comes through, and the client stays usable',
  async (good) => {
    const error = new Error('the source broke');
    function* rows(): Generator<readonly CopyValue[]> {
      for (let n = 0; n < good; n += 1) yield [n];
      throw error;
    }
    await expect(copyRows(client, { table: 'numbers', columns: ['n'] }, rows())).rejects.toBe(error);
    await expect(count()).resolves.toBe(0);
  },
);

test('inside a transaction the rows belong to it', async () => {
  const load = withTransaction(database.db.pool, async (inside) => {
    await copyRows(inside, { table: 'numbers', columns: ['n'] }, [[1], [2]]);
    throw new Error('after the load');
  });
  await expect(load).rejects.toThrow('after the load');
  await expect(count()).resolves.toBe(0);
});

test('a failed load that work ignores is TRANSACTION_ABORTED with the load’s error', async () => {
  await expect(
    withTransaction(database.db.pool, async (inside) => {
      await copyRows(inside, { table: 'numbers', columns: ['n'] }, [['x']]).catch(() => undefined);
    }),
  ).rejects.toMatchObject({ code: 'TRANSACTION_ABORTED', cause: { code: '22P02' } });
});

test('rows are read no faster than the server takes them', async () => {
  await using blocker = await connectClient(database.connectionString);
  await blocker.client.query('BEGIN; LOCK TABLE numbers IN ACCESS EXCLUSIVE MODE');
  const wide = 'x'.repeat(1000);
  let given = 0;
  function* rows(): Generator<readonly CopyValue[]> {
    for (; given < 200_000; given += 1) yield [given, wide];
  }
  await client.query('CREATE TABLE wide (n int, text text)');
  await blocker.client.query('LOCK TABLE wide IN ACCESS EXCLUSIVE MODE');
  const load = copyRows(client, { table: 'wide', columns: ['n', 'text'] }, rows());
  await new Promise((resolve) => void setTimeout(resolve, 300));
  // 200 MB wait to be read; a server that does not take any gets no more than a few buffers full.
  expect(given).toBeLessThan(20_000);
  await blocker.client.query('COMMIT');
  await expect(load).resolves.toEqual({ rows: 200_000 });
  await client.query('DROP TABLE wide');
});

test('once the server has refused a row, a plain iterable is not read on for long', async () => {
  let given = 0;
  function* rows(): Generator<readonly CopyValue[]> {
    for (; given < 5_000_000; given += 1) yield [given === 0 ? 'bad' : given];
  }
  await expect(copyRows(client, { table: 'numbers', columns: ['n'] }, rows())).rejects.toMatchObject({ code: '22P02' });
  // Without turns of the event loop the refusal would be read after the last row.
  expect(given).toBeLessThan(2_500_000);
});

test('a backend killed in the middle of a load rejects it, and Node goes on', async () => {
  await using observed = database.openPool({ max: 1 });
  async function* rows(): AsyncGenerator<readonly CopyValue[]> {
    for (let n = 0; n < 20_000; n += 1) yield [n];
    await observed.killBackends();
    for (let n = 20_000; n < 40_000; n += 1) yield [n];
  }
  const load = withTransaction(observed.pool, (inside) =>
    copyRows(inside, { table: 'numbers', columns: ['n'] }, rows()),
  );
  await expect(load).rejects.toThrow(/terminat|EPIPE|ECONNRESET/);
  expect(observed.pool.totalCount).toBe(0);
  await expect(observed.query('SELECT 1 AS one')).resolves.toMatchObject({ rows: [{ one: 1 }] });
  await expect(count()).resolves.toBe(0);
});

async function count(): Promise<number> {
  const { rows } = await client.query<{ count: string }>('SELECT count(*) FROM numbers');
  return Number(rows[0]!.count);
}

async function* positions(): AsyncGenerator<readonly CopyValue[]> {
  for (let n = 0; n < 50_000; n += 1) {
    if (n % 10_000 === 0) await new Promise(setImmediate);
    yield [n];
  }
}
