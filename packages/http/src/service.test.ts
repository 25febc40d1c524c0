import { spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { createServer, type AddressInfo } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { createDatabasePool, defineDatabase, type DatabasePool } from '@atriz/database';
import { createTestDatabase, type TestDatabase } from '@atriz/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const ORCHARD = fileURLToPath(new URL('fixtures/orchard.ts', import.meta.url));

let database: TestDatabase;
let db: DatabasePool;

beforeAll(async () => {
  database = await createTestDatabase(defineDatabase({ name: 'orchard' }), { directory: import.meta.dirname });
  db = createDatabasePool({ connectionString: database.connectionString });
  await db.query('CREATE TABLE trees (id uuid CONSTRAINT trees_pkey PRIMARY KEY)');
});
afterAll(async () => {
  await db.close();
  await database.drop();
});

interface Orchard extends AsyncDisposable {
  readonly child: ChildProcess;
  readonly url: string;
  /** What it has said, on both streams. */
  readonly said: () => string;
  /** Resolves when a request has come to it. */
  readonly asked: () => Promise<void>;
  readonly ended: Promise<number | null>;
}

async function startOrchard(variables: Record<string, string> = {}): Promise<Orchard> {
  const env = { PATH: process.env['PATH'], PORT: '0', DATABASE_URL: database.connectionString, ...variables };
  const child = spawn(process.execPath, ['--conditions=source', ORCHARD], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  const ended = once(child, 'close').then(([code]) => code as number | null);
  const serves = new Promise<string>((resolve) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
        const [, url] = /orchard serves (\S+)/.exec(text) ?? [];
        if (url !== undefined) resolve(url.replace('localhost', '127.0.0.1'));
      });
    }
  });
  const url = await Promise.race([serves, ended.then(() => '')]);
  return {
    child,
    url,
    said: () => text,
    async asked() {
      while (!text.includes('incoming request')) await wait(10);
    },
    ended,
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

/** Resolves with the status, or 0 where the connection broke before an answer. */
function plant(url: string, { id, waitMs, agent }: { id: string; waitMs: number; agent?: Agent }): Promise<number> {
  return new Promise((resolve) => {
    const headers = { 'content-type': 'application/json' };
    const sent = request(`${url}/trees`, { method: 'POST', headers, ...(agent && { agent }) }, (answer) => {
      answer.resume().on('end', () => resolve(answer.statusCode!));
    });
    sent.on('error', () => resolve(0));
    sent.end(JSON.stringify({ id, waitMs }));
  });
}

describe('runService', () => {
  it('finishes the requests that run when it is told to stop, lets in no others, then closes the pools', async () => {
    await using orchard = await startOrchard();
    const slow = plant(orchard.url, { id: randomUUID(), waitMs: 900 });
    await orchard.asked();
    orchard.child.kill('SIGTERM');
    await wait(300);
    expect(await plant(orchard.url, { id: randomUUID(), waitMs: 0 })).toBe(0);
    expect(await slow).toBe(201);
    expect(await orchard.ended).toBe(0);
    expect(orchard.said()).toMatch('the pool is closed');
  });

  it('loses no acknowledged write when it is restarted under load', async () => {
    const acknowledged: string[] = [];
    const end = new AbortController();
    const agent = new Agent({ keepAlive: true });
    await using held = new AsyncDisposableStack();
    let orchard = held.use(await startOrchard());
    const { url } = orchard;
    const sendUntilStopped = async (): Promise<void> => {
      while (!end.signal.aborted) {
        const id = randomUUID();
        const status = await plant(url, { id, waitMs: 3, agent });
        if (status === 201) acknowledged.push(id);
        else await wait(20);
      }
    };
    const clients = Array.from({ length: 16 }, sendUntilStopped);
    const codes: (number | null)[] = [];
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      await wait(500);
      orchard.child.kill(signal);
      codes.push(await orchard.ended);
      orchard = held.use(await startOrchard({ PORT: new URL(url).port }));
    }
    await wait(500);
    end.abort();
    await Promise.all(clients);
    agent.destroy();
    const { rows } = await db.query<{ missing: number }>(
      'SELECT count(*)::integer AS missing FROM unnest($1::uuid[]) AS id WHERE id NOT IN (SELECT id FROM trees)',
      [acknowledged],
    );
    expect(rows).toStrictEqual([{ missing: 0 }]);
    expect(acknowledged.length).toBeGreaterThan(50);
    expect(codes).toStrictEqual([0, 0]);
  });

  it('cuts what does not end in time', async () => {
    await using orchard = await startOrchard();
    const stuck = fetch(`${orchard.url}/stuck`).catch(() => 'cut');
    await orchard.asked();
    orchard.child.kill('SIGTERM');
    expect(await stuck).toBe('cut');
    expect(await orchard.ended).toBe(0);
  });

  it('ends at once at a second signal that is no echo of the first', async () => {
    await using orchard = await startOrchard();
    void fetch(`${orchard.url}/stuck`).catch(() => 'cut');
    await orchard.asked();
    orchard.child.kill('SIGINT');
    orchard.child.kill('SIGINT');
    await wait(1100);
    orchard.child.kill('SIGINT');
    await orchard.ended;
    expect(orchard.child.signalCode).toBe('SIGINT');
  });

  it('logs an error that nobody caught, and stops', async () => {
    await using orchard = await startOrchard();
    await fetch(`${orchard.url}/crash`, { method: 'POST' });
    expect(await orchard.ended).toBe(1);
    expect(orchard.said()).toMatch('nobody catches this');
    expect(orchard.said()).toMatch('the pool is closed');
  });

  it('says that the port is taken, as the command would', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    await using orchard = await startOrchard({ PORT: String(port) });
    expect(await orchard.ended).toBe(4);
    expect(orchard.said()).toMatch(`orchard: PORT_TAKEN port ${port} of 127.0.0.1 is in use\nhint stop what uses it`);
    expect(orchard.said()).toMatch('the pool is closed');
    other.close();
  });

  it('says which settings are wrong', async () => {
    await using orchard = await startOrchard({ PORT: '70000', LOG_LEVEL: 'loud' });
    expect(await orchard.ended).toBe(1);
    expect(orchard.said()).toMatch('SETTING_INVALID PORT of the process is "70000": not a port; LOG_LEVEL');
  });
});
