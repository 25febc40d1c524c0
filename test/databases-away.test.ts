import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestServer, type Server } from './harness/server.ts';
import { startServices, type Services } from './harness/services.ts';

let services: Services;
let server: Server;
let token: string;

beforeAll(async () => {
  [server, services] = await Promise.all([openTestServer(), startServices({ seeded: true })]);
  const { accessToken } = (await (await signIn()).json()) as { accessToken: string };
  token = accessToken;
});
afterAll(() => services[Symbol.asyncDispose]());

it('everything is served while all databases are there', async () => {
  expect(await statuses()).toEqual({ me: 200, profile: 200, vehicles: 200, sales: 200 });
});

describe('while the shared database is away', () => {
  beforeAll(() => takeAway(services.databases.shared));
  afterAll(() => bringBack(services.databases.shared));

  it('signing in answers 503 and says when to come again', async () => {
    const answer = await signIn();
    expect(answer.status).toBe(503);
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await answer.json()).toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
  });

  it('the applications know who asks, and serve what is theirs', async () => {
    expect(await statuses()).toEqual({ me: 503, profile: 200, vehicles: 200, sales: 200 });
  });

  it('health says that they are degraded, and lets them go on', async () => {
    for (const url of [services.website, services.mextrack, services.pshop]) {
      expect(await health(url)).toEqual({ status: 200, word: 'degraded' });
    }
  });
});

describe('while the database of one application is away', () => {
  beforeAll(() => takeAway(services.databases.pshop));
  afterAll(() => bringBack(services.databases.pshop));

  it('that one answers 503, and the others go on', async () => {
    expect(await statuses()).toEqual({ me: 200, profile: 200, vehicles: 200, sales: 503 });
    expect(await health(services.pshop)).toEqual({ status: 503, word: 'unready' });
  });
});

describe('once the databases are back', () => {
  it('everything goes on, and nothing was started again', async () => {
    await untilHealthy();
    expect(await statuses()).toEqual({ me: 200, profile: 200, vehicles: 200, sales: 200 });
    expect((await signIn()).status).toBe(200);
  });
});

function signIn(): Promise<Response> {
  return fetch(`${services.website}/auth/sign-in`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email: 'olivia@atriz.dev', password: 'atriz-development' }),
  });
}

/** What each application answers to somebody who signed in before. */
async function statuses(): Promise<Record<string, number>> {
  const routes = {
    me: `${services.website}/auth/me`,
    profile: `${services.website}/profile`,
    vehicles: `${services.mextrack}/vehicles`,
    sales: `${services.pshop}/sales`,
  };
  const asked = Object.entries(routes).map(async ([name, url]) => {
    const { status } = await fetch(url, { headers: { authorization: `Bearer ${token}` } });
    return [name, status] as const;
  });
  return Object.fromEntries(await Promise.all(asked));
}

async function health(url: string): Promise<{ status: number; word: string }> {
  await wait(HEALTH_IS_KEPT_MS);
  const answer = await fetch(`${url}/health/database`);
  const { status: word } = (await answer.json()) as { status: string };
  return { status: answer.status, word };
}

const HEALTH_IS_KEPT_MS = 3000;

async function untilHealthy(): Promise<void> {
  for (const url of [services.website, services.mextrack, services.pshop]) {
    await expect.poll(async () => (await fetch(`${url}/health/database`)).status, { timeout: 30_000 }).toBe(200);
  }
}

/** Nobody gets in, and who is in goes: what an application sees of a server that is down. */
async function takeAway(database: string): Promise<void> {
  await server.query('postgres', `ALTER DATABASE "${database}" ALLOW_CONNECTIONS false`);
  await server.query('postgres', 'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1', [
    database,
  ]);
}

async function bringBack(database: string): Promise<void> {
  await server.query('postgres', `ALTER DATABASE "${database}" ALLOW_CONNECTIONS true`);
}
