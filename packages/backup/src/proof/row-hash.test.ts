import { defineDatabase } from '@atriz/database';
import { findTestServer } from '@atriz/testing';
import fc from 'fast-check';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { HAS_DEBIAN_SERVER, startDebianServer } from '../../test/debian-server.ts';
import { pinSettings, rowHashQuery, type HashedTable } from './row-hash.ts';
import { readTables } from './tables.ts';

const SCHEMA = `
CREATE TYPE mood AS ENUM ('glad', 'so-so');
CREATE DOMAIN cents AS bigint;
CREATE TABLE samples (
  place int, truth bool, small smallint, whole integer, big bigint, dbl double precision, single real, exact numeric(20, 4), loose numeric,
  words text, short varchar(40), fixed char(6), id uuid, at timestamptz, local timestamp, day date, span interval, clock time,
  bytes bytea, doc jsonb, raw json, list integer[], mood mood, moods mood[], amount cents, net inet, spot point, period tstzrange
)`;
const ROWS = `
INSERT INTO samples
SELECT n, n % 2 = 0, n, n * 1000, n * 10000000000, n / 7.0, n / 3.0, n * 1.25, n / 9.0, 'word \u00e9 ' || n, 'short ' || n, n::text, md5(n::text)::uuid,
       timestamptz '2026-01-01Z' + n * interval '1.000001 hours', timestamp '2026-01-01' + n * interval '1 day', date '2026-01-01' + n,
       n * interval '1 month 2 days 3.5 seconds', time '10:00' + n * interval '1 minute', decode(md5(n::text), 'hex'),
       jsonb_build_object('n', n, 'list', jsonb_build_array(n, 'x', NULL, 1.50)), format('{"a": %s}', n)::json, ARRAY[n, NULL, n + 1],
       (CASE n % 2 WHEN 0 THEN 'glad' ELSE 'so-so' END)::mood, ARRAY['so-so', 'glad']::mood[], n * 7, '10.0.0.0'::inet + n, point(n / 3.0, n),
       tstzrange(timestamptz '2026-01-01Z', timestamptz '2026-01-01Z' + n * interval '1 day')
  FROM generate_series(1, 200) AS n`;

let client: pg.Client;
let table: HashedTable;

beforeAll(async () => {
  client = await connect(await findTestServer(defineDatabase({ name: 'postgres' }), import.meta.dirname, process.env));
  table = await makeSamples(client);
});
afterAll(() => client.end());

async function connect(parameters: object): Promise<pg.Client> {
  const made = new pg.Client(parameters as pg.ClientConfig);
  await made.connect();
  return made;
}

/** In a transaction that nobody else sees, and that is gone with the connection. */
async function makeSamples(on: pg.Client): Promise<HashedTable> {
  await on.query(`BEGIN; CREATE SCHEMA row_hash; SET LOCAL search_path TO row_hash; ${SCHEMA}; ${ROWS}`);
  await pinSettings(on);
  return (await readTables(on)).find(({ schema }) => schema === 'row_hash')!;
}

async function hash(of: HashedTable = table, on: pg.Client = client): Promise<{ rows: string; hash: string }> {
  return (await on.query<{ rows: string; hash: string }>(rowHashQuery(of))).rows[0]!;
}

/** What the table hashes to after a change, which is then taken back. */
async function hashAfter(sql: string, values: readonly unknown[] = []): Promise<string> {
  await client.query('SAVEPOINT change');
  const { rowCount } = await client.query(sql, [...values]);
  expect(rowCount).toBeGreaterThan(0);
  const after = await hash();
  await client.query('ROLLBACK TO change');
  return after.hash;
}

test.skipIf(!HAS_DEBIAN_SERVER)(
  'the same rows hash alike on PostgreSQL 15 and 18, whatever a session says',
  async () => {
    await using server = await startDebianServer();
    const other = await connect(server.parameters);
    await other.query(
      `SET TimeZone = 'Asia/Tokyo'; SET DateStyle = 'German'; SET bytea_output = 'escape'; SET extra_float_digits = -3`,
    );
    expect(await hash(await makeSamples(other), other)).toEqual(await hash());
    await other.end();
  },
);

test('the order of the rows does not matter, and where they lie', async () => {
  const before = await hash();
  const after = await hashAfter(
    `WITH taken AS (DELETE FROM row_hash.samples WHERE place % 3 = 0 RETURNING *)
     INSERT INTO row_hash.samples SELECT * FROM taken ORDER BY place DESC`,
  );
  expect(after).toBe(before.hash);
  expect(before.rows).toBe('200');
});

describe('the hash differs when', () => {
  const CHANGES: readonly (readonly [string, string])[] = [
    ['a row is lost', 'DELETE FROM row_hash.samples WHERE place = 7'],
    ['a row is doubled', 'INSERT INTO row_hash.samples SELECT * FROM row_hash.samples WHERE place = 7'],
    ['a row takes another one\u2019s place', 'UPDATE row_hash.samples SET whole = 8000 WHERE place = 7'],
    [
      'two rows swap a value',
      'UPDATE row_hash.samples AS one SET words = other.words FROM row_hash.samples AS other WHERE one.place IN (7, 8) AND other.place = 15 - one.place',
    ],
    ['two columns swap their values', 'UPDATE row_hash.samples SET words = short, short = words WHERE place = 7'],
    [
      'two columns of one type do so in every row',
      'UPDATE row_hash.samples SET at = local, local = at WHERE place <> 0 AND day > day - 1',
    ],
    ['an empty text becomes null', `UPDATE row_hash.samples SET words = CASE place WHEN 7 THEN NULL ELSE words END`],
    [
      'a bigint changes in both halves',
      'UPDATE row_hash.samples SET big = big # ((5::bigint << 32) | 5) WHERE place = 7',
    ],
    [
      'an interval is written otherwise',
      `UPDATE row_hash.samples SET span = justify_days(span + interval '30 days') - interval '1 month' + interval '30 days' WHERE place = 7`,
    ],
    [
      'a number has more digits',
      `UPDATE row_hash.samples SET loose = loose + 0.000000000000000000000000000 WHERE place = 7`,
    ],
    ['an array has other dimensions', `UPDATE row_hash.samples SET list = ARRAY[list] WHERE place = 7`],
    [
      'a document nests otherwise',
      `UPDATE row_hash.samples SET doc = '{"n": 7, "list": [[7, "x", null, 1.50]]}' WHERE place = 7`,
    ],
  ];
  test.for(CHANGES)('%s', async ([what, sql]) => {
    if (what.startsWith('an empty')) await client.query(`UPDATE row_hash.samples SET words = '' WHERE place = 7`);
    const before = await hash();
    expect(await hashAfter(sql)).not.toBe(before.hash);
  });

  const VALUES: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
    truth: fc.boolean(),
    small: fc.integer({ min: -32_768, max: 32_767 }),
    whole: fc.integer(),
    big: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
    dbl: fc.double().map((value) => (value === 0 ? 0 : value)),
    exact: fc.integer().map((value) => (value / 100).toFixed(2)),
    words: fc.string({ unit: 'grapheme' }).map((text) => text.replaceAll('\0', '')),
    id: fc.uuid(),
    at: fc.date({ min: new Date('1900-01-01'), max: new Date('2200-01-01'), noInvalidDate: true }),
    bytes: fc.uint8Array().map((bytes) => Buffer.from(bytes)),
    list: fc.array(fc.integer()),
    mood: fc.constantFrom('glad', 'so-so'),
    amount: fc.integer(),
  };
  test('any value of any column becomes another one, or null', async () => {
    const before = await hash();
    const change = fc
      .constantFrom(...Object.keys(VALUES))
      .chain((column) => fc.tuple(fc.constant(column), fc.option(VALUES[column]!), fc.integer({ min: 1, max: 200 })));
    let changed = 0;
    await fc.assert(
      fc.asyncProperty(change, async ([column, value, place]) => {
        const isOther = `SELECT ${column} IS DISTINCT FROM $1 AS other FROM row_hash.samples WHERE place = $2`;
        const { rows } = await client.query<{ other: boolean }>(isOther, [value, place]);
        const after = await hashAfter(`UPDATE row_hash.samples SET ${column} = $1 WHERE place = $2`, [value, place]);
        expect(after !== before.hash).toBe(rows[0]!.other);
        if (rows[0]!.other) changed += 1;
      }),
      { numRuns: 400 },
    );
    console.info(`${changed} of ${changed} changed values are seen by the hash`);
  });
});

test('a function that an owner of the database made is not run: by a cast of a type, or by a view in a table\u2019s place', async () => {
  const before = await hash();
  await client.query(`SAVEPOINT attack; SET LOCAL search_path TO row_hash;
CREATE FUNCTION attack(mood) RETURNS text LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'run as %', current_user; END $$;
CREATE CAST (mood AS text) WITH FUNCTION attack(mood);
CREATE VIEW trap AS SELECT attack('glad') AS id`);
  await pinSettings(client);
  expect(await hash()).toEqual(before);
  const trap = { schema: 'row_hash', name: 'trap', columns: [{ name: 'id', type: 'text', hasModifier: false }] };
  await expect(hash(trap)).rejects.toThrow('access to non-system view "trap" is restricted');
  await client.query('ROLLBACK TO attack');
});

test('a null is no text, an enum\u2019s value \u201cNULL\u201d neither', async () => {
  await client.query(`CREATE TYPE row_hash.word AS ENUM ('NULL'); CREATE TABLE row_hash.words (word row_hash.word)`);
  await client.query(`INSERT INTO row_hash.words VALUES ('NULL')`);
  const words = { schema: 'row_hash', name: 'words', columns: [{ name: 'word', type: null, hasModifier: false }] };
  const before = await hash(words);
  await client.query('UPDATE row_hash.words SET word = NULL');
  expect(await hash(words)).not.toEqual(before);
});

test('a table without a column, or a row, has a hash', async () => {
  await client.query('CREATE TABLE row_hash.nothing (); CREATE TABLE row_hash.empty (id int)');
  await client.query('INSERT INTO row_hash.nothing DEFAULT VALUES');
  expect((await hash({ schema: 'row_hash', name: 'nothing', columns: [] })).rows).toBe('1');
  const columns = [{ name: 'id', type: 'int4', hasModifier: false }];
  expect(await hash({ schema: 'row_hash', name: 'empty', columns })).toEqual({ rows: '0', hash: '0' });
});

test('a table of 1,600 columns, the most there can be, is hashed', async () => {
  const columns = Array.from({ length: 1600 }, (_, index) => ({ name: `c${index}`, type: 'int8', hasModifier: false }));
  await client.query(`CREATE TABLE row_hash.wide (${columns.map(({ name }) => `${name} bigint`).join(', ')})`);
  await client.query('INSERT INTO row_hash.wide (c0) VALUES (1)');
  expect((await hash({ schema: 'row_hash', name: 'wide', columns })).rows).toBe('1');
});
