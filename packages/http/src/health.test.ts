import { once } from 'node:events';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer as createTcpServer, type AddressInfo, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createDatabasePool, defineDatabase, type DatabasePool, type ServedDatabase } from '@atriz/database';
import { createTestDatabase, type TestDatabase } from '@atriz/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createServer, type Server } from './server.ts';

const definition = defineDatabase({ name: 'orchard' });
const TREES = 'migrations/1700000000000_trees.sql';
const ORCHARD = join(import.meta.dirname, '../test/orchard');
const AWAY = { connectionString: 'postgresql://nobody@127.0.0.1:1/orchard' };
const TIMES = { timeoutMs: 300, keptMs: 0, migrationsKeptMs: 0 };

let directory: string;
let database: TestDatabase;
let db: DatabasePool;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'atriz-health-'));
  database = await createTestDatabase(definition, { directory: ORCHARD });
});
beforeEach(async () => {
  await cp(ORCHARD, directory, { recursive: true });
  db = createDatabasePool({ connectionString: database.appConnectionString, max: 2 });
  return () => db.close();
});
afterAll(async () => {
  await database.drop();
  await rm(directory, { recursive: true });
});

interface Answer {
  readonly code: number;
  readonly status: string;
  readonly databases: readonly { readonly [field: string]: unknown }[];
}

async function openServer(databases: readonly Partial<ServedDatabase>[]): Promise<Server> {
  const served = databases.map((each) => ({ definition, directory, db, ...each }));
  return createServer({ title: 'Orchard', description: 'Trees.', databases: served, health: TIMES });
}

async function ask(...databases: Partial<ServedDatabase>[]): Promise<Answer> {
  await using app = await openServer(databases);
  const { statusCode: code, json } = await app.inject('/health/database');
  return { code, ...json<Omit<Answer, 'code'>>() };
}

describe('GET /health', () => {
  it('says that the service is alive, whatever its databases', async () => {
    await using away = createDatabasePool(AWAY);
    await using app = await openServer([{ db: away }]);
    const answer = await app.inject('/health');
    expect([answer.statusCode, answer.json()]).toStrictEqual([200, { status: 'alive' }]);
  });
});

describe('GET /health/database', () => {
  it('tells provider, latency, migrations and the pool of a database that is ready, as its runtime role', async () => {
    expect(await ask({ provider: 'embedded' })).toStrictEqual({
      code: 200,
      status: 'ready',
      databases: [
        {
          name: 'orchard',
          provider: 'embedded',
          connected: true,
          latencyMs: expect.any(Number),
          migrations: 'up-to-date',
          pool: { total: 1, idle: 1, waiting: 0 },
        },
      ],
    });
  });

  it('is 503 while a migration is pending, or one was edited', async () => {
    const text = await readFile(join(directory, TREES), 'utf8');
    await writeFile(join(directory, TREES), text.replace('integer', 'bigint'));
    expect(await ask({})).toMatchObject({ code: 503, status: 'unready', databases: [{ migrations: 'drifted' }] });
    await writeFile(join(directory, TREES), text);
    await writeFile(join(directory, 'migrations/1700000000001_herbs.sql'), text);
    expect(await ask({})).toMatchObject({ code: 503, status: 'unready', databases: [{ migrations: 'pending' }] });
    await rm(join(directory, 'migrations/1700000000001_herbs.sql'));
  });

  it('is 503 while a database is away, and only degraded where the service can do without', async () => {
    await using away = createDatabasePool(AWAY);
    expect(await ask({}, { db: away })).toMatchObject({
      code: 503,
      status: 'unready',
      databases: [{ connected: true }, { connected: false, latencyMs: null, migrations: null }],
    });
    expect(await ask({}, { db: away, optional: true })).toMatchObject({ code: 200, status: 'degraded' });
  });

  it('answers in time when the server says nothing', async () => {
    const sockets: Socket[] = [];
    const silent = createTcpServer((socket) => void sockets.push(socket)).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const { port } = silent.address() as AddressInfo;
    const mute = createDatabasePool({ connectionString: `postgresql://nobody@127.0.0.1:${port}/orchard` });
    const start = performance.now();
    expect(await ask({ db: mute })).toMatchObject({ code: 503, databases: [{ connected: false }] });
    expect(performance.now() - start).toBeLessThan(3000);
    for (const socket of sockets) socket.destroy();
    silent.close();
    await mute.close();
  });

  it('answers in time when the pool is exhausted, and asks no more than once', async () => {
    const held = await Promise.all([db.pool.connect(), db.pool.connect()]);
    await using app = await openServer([{}]);
    const answers = [];
    for (let each = 0; each < 3; each += 1) answers.push(await app.inject('/health/database'));
    const expected = { connected: false, pool: { total: 2, idle: 0, waiting: 1 } };
    for (const answer of answers) expect(answer.json()).toMatchObject({ status: 'unready', databases: [expected] });
    for (const client of held) client.release();
    await expect
      .poll(async () => (await app.inject('/health/database')).json(), { timeout: 5000 })
      .toMatchObject({ status: 'ready' });
  });

  it('knows the answer of a moment ago, so that probers cannot load the database', async () => {
    let queries = 0;
    const counting = Object.create(db.pool, {
      query: { value: (...args: Parameters<typeof db.pool.query>) => ((queries += 1), db.pool.query(...args)) },
    }) as DatabasePool['pool'];
    await using app = await createServer({
      title: 'Orchard',
      description: 'Trees.',
      databases: [{ definition, directory, db: { pool: counting } }],
    });
    const asked = Array.from({ length: 200 }, () => app.inject('/health/database'));
    const codes = (await Promise.all(asked)).map(({ statusCode }) => statusCode);
    expect(new Set(codes)).toStrictEqual(new Set([200]));
    expect(queries).toBe(2);
  });
});
