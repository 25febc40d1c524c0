import { createServer, type AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { openEmptyDatabase, type EmptyDatabase } from '../test/empty-database.ts';
import { checkHealth } from './health.ts';
import { createDatabasePool } from './pool.ts';

let database: EmptyDatabase;
beforeAll(async () => {
  database = await openEmptyDatabase();
});
afterAll(() => database.drop());

test('a server that answers is told with its version, its latency and the pool’s figures', async () => {
  await using db = database.openPool({ max: 2 });
  const { rows } = await db.query<{ server_version: string }>('SHOW server_version');
  const health = await checkHealth(db.pool);
  expect(health).toEqual({
    connected: true,
    latencyMs: expect.any(Number) as number,
    serverVersion: rows[0]!.server_version,
    pool: { total: 1, idle: 1, waiting: 0 },
  });
  expect((health as { latencyMs: number }).latencyMs).toBeGreaterThan(0);
});

test('a server that is not there is an answer, not a rejection', async () => {
  await using db = createDatabasePool({ connectionString: `postgresql://u:s3cret@127.0.0.1:${await freePort()}/x` });
  await expect(checkHealth(db.pool)).resolves.toMatchObject({
    connected: false,
    error: { code: 'ECONNREFUSED' },
    pool: { total: 0, idle: 0, waiting: 0 },
  });
});

test('a server that accepts and says nothing is an answer after timeoutMs', async () => {
  const silent = createServer();
  await new Promise<void>((resolve) => void silent.listen(0, '127.0.0.1', resolve));
  const { port } = silent.address() as AddressInfo;
  const db = createDatabasePool({
    connectionString: `postgresql://u:s3cret@127.0.0.1:${port}/x`,
    connectionTimeoutMillis: 400,
  });
  const start = performance.now();
  await expect(checkHealth(db.pool, { timeoutMs: 100 })).resolves.toMatchObject({
    connected: false,
    error: { message: 'no answer within 100 ms' },
  });
  expect(performance.now() - start).toBeLessThan(350);
  await vi.waitFor(() => expect(db.pool.totalCount).toBe(0));
  await db.close();
  silent.close();
});

test('a pool whose connections are all in use does not answer in time, and its queue is told', async () => {
  await using db = database.openPool({ max: 1 });
  const client = await db.pool.connect();
  await expect(checkHealth(db.pool, { timeoutMs: 50 })).resolves.toMatchObject({
    connected: false,
    error: { message: 'no answer within 50 ms' },
    pool: { total: 1, idle: 0, waiting: 1 },
  });
  client.release();
  await expect(checkHealth(db.pool)).resolves.toMatchObject({ connected: true });
});

test('a pool that is closed is an answer too', async () => {
  const db = database.openPool();
  await db.close();
  await expect(checkHealth(db.pool)).resolves.toMatchObject({ connected: false });
});

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => void server.close(resolve));
  return port;
}
