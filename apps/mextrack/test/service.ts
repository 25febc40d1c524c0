import { createKeyRing, createTokenVerifier, generateSigningKey, signAccessToken } from '@atriz/core';
import { createDatabasePool, type DatabasePool } from '@atriz/database';
import type { Server } from '@atriz/http';
import { buildServer } from '../src/server.ts';
import { openTestDatabase } from './database.ts';
import { OWNER } from './vehicles.ts';

/** Who has nothing of OWNER's. */
export const STRANGER = '22222222-2222-4222-8222-222222222222';

/** What the service takes for the present. */
export const NOW = new Date('2026-06-01T12:00:00Z');

const ISSUER = 'http://localhost:3000';
const SESSION = '33333333-3333-4333-8333-333333333333';

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  /** The JSON; null where the answer is empty. */
  // oxlint-disable-next-line typescript/no-explicit-any -- what it is like is what the tests look at
  readonly body: any;
}

/** MexTrack over a database of its own, which it reaches as its runtime role. */
export interface TestService extends AsyncDisposable {
  readonly app: Server;
  /** As superuser: to prepare, and to look at what is there. */
  readonly admin: DatabasePool;
  /** What a request of somebody carries. */
  headersOf(userId: string): Promise<Readonly<Record<'authorization', string>>>;
  /** Asks as OWNER, or as somebody else. */
  call(method: Method, url: string, body?: unknown, userId?: string): Promise<Answer>;
}

export interface TestServiceOptions {
  /** Turns the runtime role's URL into the one to use, such as that of a proxy. */
  readonly through?: (connectionString: string) => string;
  readonly mapTilesUrl?: string;
}

export async function openTestService({
  through = (url) => url,
  mapTilesUrl,
}: TestServiceOptions = {}): Promise<TestService> {
  await using opened = new AsyncDisposableStack();
  const test = opened.use(await openTestDatabase());
  const db = opened.use(createDatabasePool({ connectionString: through(test.appConnectionString) }));
  const keys = createKeyRing([await generateSigningKey({ now: NOW })]);
  const clock = (): Date => NOW;
  const verifier = createTokenVerifier({ issuer: ISSUER, audience: 'mextrack', keys, clock });
  const app = await buildServer({ db, verifier, website: ISSUER, mapTilesUrl, clock, requestsPerMinute: false });
  opened.defer(() => app.close());
  await app.ready();

  const headersOf = async (userId: string) => {
    const claims = { issuer: ISSUER, audiences: ['mextrack'], userId, sessionId: SESSION, version: 1, now: NOW };
    const { accessToken } = await signAccessToken(keys, { ...claims, roles: ['member'] });
    return { authorization: `Bearer ${accessToken}` };
  };
  const all = opened.move();
  return {
    app,
    admin: test.db,
    headersOf,
    async call(method, url, body, userId = OWNER) {
      const headers = await headersOf(userId);
      const payload = body === undefined ? {} : { payload: body as object };
      const answer = await app.inject({ method, url, headers, ...payload });
      return {
        status: answer.statusCode,
        headers: answer.headers,
        body: answer.body === '' ? null : answer.json(),
      };
    },
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}
