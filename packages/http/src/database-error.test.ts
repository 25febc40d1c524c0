import { createDatabasePool, defineDatabase, withTransaction, type DatabasePool } from '@atriz/database';
import { createTestDatabase, type TestDatabase } from '@atriz/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fromDatabaseError } from './database-error.ts';

let database: TestDatabase;
let db: DatabasePool;

beforeAll(async () => {
  database = await createTestDatabase(defineDatabase({ name: 'orchard' }), { directory: import.meta.dirname });
  db = createDatabasePool({ connectionString: database.connectionString });
  await db.query(`
    CREATE TABLE trees (id uuid CONSTRAINT trees_pkey PRIMARY KEY, height smallint CONSTRAINT trees_height CHECK (height > 0), name varchar(5), planted date);
    CREATE TABLE fruits (tree_id uuid CONSTRAINT fruits_tree_id_fkey REFERENCES trees);
    INSERT INTO trees (id) VALUES ('00000000-0000-4000-8000-000000000001')`);
});
afterAll(async () => {
  await db.close();
  await database.drop();
});

async function told(work: Promise<unknown>): Promise<unknown> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  const known = fromDatabaseError(error);
  return known && { code: known.code, retry: known.retryAfterSeconds };
}

describe('what a client is told of PostgreSQL’s errors', () => {
  it.each([
    ['a text that is no uuid', 'INSERT INTO trees (id) VALUES ($1)', ['x']],
    ['a NUL', 'INSERT INTO trees (name) VALUES ($1)', ['a\0']],
    ['a number that is too large', 'INSERT INTO trees (height) VALUES ($1)', [40_000]],
    ['a text that is too long', 'INSERT INTO trees (id, name) VALUES (gen_random_uuid(), $1)', ['abcdef']],
    ['a day that is none', 'INSERT INTO trees (planted) VALUES ($1)', ['2026-02-30']],
    ['a check', 'INSERT INTO trees (id, height) VALUES (gen_random_uuid(), $1)', [-1]],
    ['a null', 'INSERT INTO trees (id) VALUES ($1)', [null]],
  ])('%s is a request that is invalid', async (_, text, values) => {
    expect(await told(db.query(text, values))).toStrictEqual({ code: 'REQUEST_INVALID', retry: undefined });
  });

  it('a reference that does not hold is a conflict', async () => {
    expect(await told(db.query('INSERT INTO fruits VALUES (gen_random_uuid())'))).toMatchObject({ code: 'CONFLICT' });
  });

  it.each([
    ['a key that is there', `INSERT INTO trees (id) VALUES ('00000000-0000-4000-8000-000000000001')`],
    ['a statement that is wrong', 'SELECT FROM nowhere'],
  ])('%s is nothing that a client is told', async (_, text) => {
    expect(await told(db.query(text))).toBeUndefined();
  });

  it('a backend that is ended passes', async () => {
    const work = db.query('SELECT pg_terminate_backend(pg_backend_pid())');
    expect(await told(work)).toStrictEqual({ code: 'SERVICE_UNAVAILABLE', retry: 2 });
  });

  it('a backend that is ended in the middle of a transaction passes', async () => {
    const work = withTransaction(db.pool, async (client) => {
      const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
      await db.query('SELECT pg_terminate_backend($1)', [rows[0]!.pid]);
      await client.query('SELECT pg_sleep(1)');
    });
    expect(await told(work)).toStrictEqual({ code: 'SERVICE_UNAVAILABLE', retry: 2 });
  });

  it('a database that lets nobody in passes', async () => {
    const { connectionString } = database;
    await using other = createDatabasePool({
      connectionString: connectionString.replace(/\/[^/?]+(?=\?|$)/, '/nowhere'),
    });
    expect(await told(other.query('SELECT 1'))).toStrictEqual({ code: 'SERVICE_UNAVAILABLE', retry: 2 });
  });

  it('a port where nobody listens passes', async () => {
    await using away = createDatabasePool({ connectionString: 'postgresql://nobody@127.0.0.1:1/orchard' });
    expect(await told(away.query('SELECT 1'))).toStrictEqual({ code: 'SERVICE_UNAVAILABLE', retry: 2 });
  });

  it('a pool that is exhausted passes', async () => {
    const { connectionString } = database;
    await using small = createDatabasePool({ connectionString, max: 1, connectionTimeoutMillis: 100 });
    const held = await small.pool.connect();
    expect(await told(small.query('SELECT 1'))).toStrictEqual({ code: 'SERVICE_UNAVAILABLE', retry: 2 });
    held.release();
  });

  it('a statement that took too long passes', async () => {
    const work = withTransaction(db.pool, async (client) => {
      await client.query(`SET LOCAL statement_timeout = '20ms'`);
      await client.query('SELECT pg_sleep(1)');
    });
    expect(await told(work)).toStrictEqual({ code: 'SERVICE_UNAVAILABLE', retry: 2 });
  });
});
