import { defineDatabase } from '@atriz/database';
import { createTestDatabase } from '@atriz/testing';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parseSql, type ParsedStatement } from './parser.ts';
import { controlsTransaction, copiesFromClient, needsNoTransaction } from './transaction-rules.ts';

const database = await createTestDatabase(defineDatabase({ name: 'transactions' }), {
  directory: import.meta.dirname,
});
let client: pg.Client;
beforeAll(async () => {
  const { ssl, ...parameters } = database.parameters;
  client = new pg.Client({ ...parameters, ssl: (ssl ?? false) as boolean });
  await client.connect();
  await client.query(`
    CREATE TABLE plants (id int);
    CREATE INDEX plants_idx ON plants (id);
    CREATE TABLE events (at date) PARTITION BY RANGE (at);
    CREATE TABLE events_1 PARTITION OF events FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
    CREATE MATERIALIZED VIEW copies AS SELECT id FROM plants;
    CREATE UNIQUE INDEX ON copies (id);
    CREATE TYPE mood AS ENUM ('ok');`);
});
afterAll(async () => {
  await client.end();
  await database.drop();
});

async function parseOne(sql: string): Promise<ParsedStatement> {
  const outcome = await parseSql(sql);
  if (!('statements' in outcome) || outcome.statements.length !== 1) throw new Error(`not one statement: ${sql}`);
  return outcome.statements[0]!;
}

/** Whether the server refuses it for being in a transaction; any other fault of it comes later. */
async function isRefusedInTransaction(sql: string): Promise<boolean> {
  await client.query('BEGIN');
  try {
    await client.query(sql);
    return false;
  } catch (error) {
    return (error as { code?: string }).code === '25001';
  } finally {
    await client.query('ROLLBACK');
  }
}

test.each([
  'CREATE INDEX CONCURRENTLY ON plants (id)',
  'CREATE INDEX ON plants (id)',
  'DROP INDEX CONCURRENTLY plants_idx',
  'DROP INDEX plants_idx',
  'REINDEX INDEX CONCURRENTLY plants_idx',
  'REINDEX (CONCURRENTLY) TABLE plants',
  'REINDEX TABLE plants',
  'REINDEX SCHEMA public',
  'VACUUM plants',
  'VACUUM (FULL, ANALYZE) plants',
  'ANALYZE plants',
  'CLUSTER',
  'CLUSTER plants USING plants_idx',
  'CREATE DATABASE atriz_never_made',
  'DROP DATABASE atriz_never_made',
  'ALTER DATABASE postgres SET TABLESPACE pg_default',
  `CREATE TABLESPACE atriz_never_made LOCATION '/nowhere'`,
  'DROP TABLESPACE atriz_never_made',
  `ALTER SYSTEM SET work_mem = '4MB'`,
  'DISCARD ALL',
  'DISCARD PLANS',
  'ALTER TABLE events DETACH PARTITION events_1 CONCURRENTLY',
  'ALTER TABLE events DETACH PARTITION events_1',
  'REFRESH MATERIALIZED VIEW CONCURRENTLY copies',
  `ALTER TYPE mood ADD VALUE 'great'`,
  `CREATE SUBSCRIPTION atriz_never_made CONNECTION 'host=127.0.0.1 port=1' PUBLICATION p`,
  `CREATE SUBSCRIPTION atriz_never_made CONNECTION 'host=127.0.0.1 port=1 password=x' PUBLICATION p WITH (connect = false, slot_name = NONE)`,
])('what is said of %j in a transaction is what PostgreSQL says', async (sql) => {
  expect(needsNoTransaction(await parseOne(sql))).toBe(await isRefusedInTransaction(sql));
});

test.each([
  ['ALTER SUBSCRIPTION s REFRESH PUBLICATION', true],
  ['ALTER SUBSCRIPTION s SET PUBLICATION p', true],
  ['ALTER SUBSCRIPTION s ADD PUBLICATION p WITH (refresh = false)', false],
  ['ALTER SUBSCRIPTION s DISABLE', false],
])('%s: %j, as the manual has it', async (sql, expected) => {
  expect(needsNoTransaction(await parseOne(sql))).toBe(expected);
});

test.each([
  'BEGIN',
  'START TRANSACTION',
  'COMMIT',
  'END',
  'ROLLBACK',
  'SAVEPOINT a',
  'RELEASE a',
  'ROLLBACK TO a',
  'ABORT',
])('%s says where a transaction begins or ends', async (sql) => {
  expect(controlsTransaction(await parseOne(sql))).toBe(true);
});

test('a body may say so, since it is run as a whole', async () => {
  expect(controlsTransaction(await parseOne('DO $$ BEGIN COMMIT; END $$'))).toBe(false);
});

test.each([
  ['COPY plants FROM STDIN', true],
  ['COPY plants (id) FROM stdin WITH (FORMAT csv)', true],
  [`COPY plants FROM '/file'`, false],
  [`COPY plants FROM PROGRAM 'cat'`, false],
  ['COPY plants TO STDOUT', false],
])('%s wants rows from a client: %j', async (sql, expected) => {
  expect(copiesFromClient(await parseOne(sql))).toBe(expected);
});
