import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { openEmptyDatabase, type EmptyDatabase } from '../test/empty-database.ts';
import { createDatabasePool } from './pool.ts';

let database: EmptyDatabase;
beforeAll(async () => {
  database = await openEmptyDatabase();
});
afterAll(() => database.drop());
afterEach(() => vi.unstubAllEnvs());

test('a pool has at most ten connections when neither option nor variable says otherwise', async () => {
  await using db = createDatabasePool({ connectionString: database.connectionString });
  expect(db.pool.options).toMatchObject({ max: 10, idleTimeoutMillis: 10_000 });
  expect(db.pool.totalCount).toBe(0);
});

test('DB_POOL_… variables count where no option is given, undefined being none', async () => {
  vi.stubEnv('DB_POOL_MAX', '3');
  vi.stubEnv('DB_POOL_IDLE_TIMEOUT', '500');
  await using db = createDatabasePool({
    connectionString: database.connectionString,
    max: undefined,
    idleTimeoutMillis: 700,
  });
  expect(db.pool.options).toMatchObject({ max: 3, idleTimeoutMillis: 700 });
});

test('a DB_POOL_ variable that is no number is refused before anything connects', () => {
  vi.stubEnv('DB_POOL_MAX', 'abc');
  expect(() => createDatabasePool({ connectionString: database.connectionString })).toThrow(
    expect.objectContaining({ code: 'SETTING_INVALID', message: expect.stringContaining('DB_POOL_MAX') as string }),
  );
});

test.each([
  ['undefined', undefined],
  ['empty', ''],
])('a connection string that is %s is refused', (_, connectionString) => {
  expect(() => createDatabasePool({ connectionString })).toThrow(
    expect.objectContaining({ code: 'CONNECTION_NOT_CONFIGURED' }) as Error,
  );
});

test('query takes a text with values, and a configuration', async () => {
  await expect(database.db.query('SELECT $1::int + $2::int AS sum', [2, 3])).resolves.toMatchObject({
    rows: [{ sum: 5 }],
  });
  await expect(database.db.query({ text: 'SELECT $1::text AS word', values: ['yes'] })).resolves.toMatchObject({
    rows: [{ word: 'yes' }],
  });
});

test('a failed query rejects with pg’s own error and its SQLSTATE', async () => {
  await expect(database.db.query('SELECT * FROM nowhere')).rejects.toMatchObject({ code: '42P01' });
});

test('a backend killed while idle is told to onConnectionLost and replaced', async () => {
  const lost: Error[] = [];
  await using db = database.openPool({ onConnectionLost: (error) => lost.push(error) });
  await db.query('SELECT 1');
  await expect(db.killBackends()).resolves.toBe(1);
  await vi.waitFor(() => expect(lost).toMatchObject([{ code: '57P01' }]));
  expect(db.pool.totalCount).toBe(0);
  await expect(db.query('SELECT 1 AS one')).resolves.toMatchObject({ rows: [{ one: 1 }] });
});

test('without onConnectionLost, the loss of an idle connection is a process warning', async () => {
  const warnings: Error[] = [];
  const listener = (warning: Error): void => void warnings.push(warning);
  process.on('warning', listener);
  await using db = database.openPool();
  await db.query('SELECT 1');
  await db.killBackends();
  await vi.waitFor(() => {
    expect(warnings).toMatchObject([
      {
        code: 'ATRIZ_CONNECTION_LOST',
        message: 'an idle database connection was lost: terminating connection due to administrator command',
      },
    ]);
  });
  process.off('warning', listener);
});

test('a backend killed under a checked-out client ends neither the process nor the pool', async () => {
  await using db = database.openPool({ max: 1 });
  const client = await db.pool.connect();
  await client.query('SELECT 1');
  const gone = new Promise((resolve) => void client.once('end', () => resolve(undefined)));
  await db.killBackends();
  await gone;
  await expect(client.query('SELECT 1')).rejects.toThrow('not queryable');
  client.release();
  expect(db.pool.totalCount).toBe(0);
  await expect(db.query('SELECT 1 AS one')).resolves.toMatchObject({ rows: [{ one: 1 }] });
  await expect(db.countSessions()).resolves.toBe(1);
});

test('a backend killed in the middle of a query rejects that query and leaves no connection behind', async () => {
  await using db = database.openPool({ max: 1 });
  const query = db.query('SELECT pg_sleep(60)');
  const error = query.catch((reason: unknown) => reason);
  await vi.waitFor(async () => expect(await db.countSessions()).toBe(1));
  await db.killBackends();
  await expect(error).resolves.toMatchObject({ code: '57P01' });
  await expect(db.query('SELECT 1 AS one')).resolves.toMatchObject({ rows: [{ one: 1 }] });
  expect(db.pool.totalCount).toBe(1);
});

test('close waits for the connections in use, and calling it again waits for the same end', async () => {
  const db = database.openPool();
  const client = await db.pool.connect();
  let closed = false;
  const first = db.close().then(() => (closed = true));
  const second = db.close();
  await client.query('SELECT 1');
  expect(closed).toBe(false);
  client.release();
  await Promise.all([first, second]);
  await expect(db.close()).resolves.toBeUndefined();
  await vi.waitFor(async () => expect(await db.countSessions()).toBe(0));
  await expect(db.query('SELECT 1')).rejects.toThrow('after calling end on the pool');
});

test('leaving the scope of an `await using` closes the pool', async () => {
  const db = database.openPool();
  {
    await using scoped = db;
    await scoped.query('SELECT 1');
  }
  expect(db.pool.ended).toBe(true);
  await vi.waitFor(async () => expect(await db.countSessions()).toBe(0));
});
