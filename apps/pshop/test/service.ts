import { createKeyRing, createTokenVerifier, generateSigningKey, signAccessToken, type RoleName } from '@atriz/core';
import type { DatabasePool } from '@atriz/database';
import type { Server } from '@atriz/http';
import { buildServer } from '../src/server.ts';
import { openTestDatabase, type TestDatabase } from './database.ts';
import { MANAGER, OTHER_SELLER, SELLER } from './tills.ts';

export const ISSUER = 'https://atriz.example';

/** PShop over a database of the test file's own. */
export interface TestService extends TestDatabase {
  readonly app: Server;
  /** The headers of a request of each. */
  readonly seller: Bearer;
  readonly otherSeller: Bearer;
  readonly manager: Bearer;
}

type Bearer = Readonly<Record<'authorization', string>>;

export interface TestServiceOptions {
  /** The pool that the service gets in place of `db`. */
  readonly openPool?: (connectionString: string) => Promise<DatabasePool>;
}

export async function openTestService({ openPool }: TestServiceOptions = {}): Promise<TestService> {
  await using opened = new AsyncDisposableStack();
  const test = opened.use(await openTestDatabase());
  const { verifier, bearerOf } = await openSignOn();
  const db = openPool ? opened.use(await openPool(test.appConnectionString)) : test.db;
  const app = await buildServer({ db, verifier, website: ISSUER, requestsPerMinute: false });
  opened.defer(() => app.close());
  await app.ready();
  const service = {
    app,
    seller: await bearerOf(SELLER, ['member']),
    otherSeller: await bearerOf(OTHER_SELLER, ['member']),
    manager: await bearerOf(MANAGER, ['manager', 'member']),
  };
  const all = opened.move();
  return { ...test, ...service, [Symbol.asyncDispose]: () => all.disposeAsync() };
}

/** The family's sign-on: keys, tokens of theirs, and what checks them. */
export async function openSignOn() {
  const keys = createKeyRing([await generateSigningKey({ now: new Date() })]);
  const bearerOf = async (userId: string, roles: readonly RoleName[]): Promise<Bearer> => {
    const { accessToken } = await signAccessToken(keys, {
      issuer: ISSUER,
      audiences: ['pshop'],
      userId,
      sessionId: '44444444-4444-4444-8444-444444444444',
      version: 0,
      roles: [...roles],
      now: new Date(),
    });
    return { authorization: `Bearer ${accessToken}` };
  };
  return { keys, verifier: createTokenVerifier({ issuer: ISSUER, audience: 'pshop', keys }), bearerOf };
}
