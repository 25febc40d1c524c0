import { AtrizError } from '@atriz/database';
import Fastify, { type FastifyInstance } from 'fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ISSUER, makeKeyRing, makeToken, NOW, USER } from '../../test/tokens.ts';
import { createTokenVerifier } from '../tokens/verifier.ts';
import { authentication, identityOf, requireAuth, requireRole } from './authentication.ts';

const REVOKED = '33333333-3333-4333-8333-333333333333';
const keys = await makeKeyRing();
const revocations = { isRevoked: ({ sessionId }: { sessionId: string }) => sessionId === REVOKED };
const verifier = createTokenVerifier({ issuer: ISSUER, audience: 'mextrack', keys, revocations, clock: () => NOW });

/** Fastify as it comes: no error handler of ours. */
async function makeServer(tokenVerifier = verifier): Promise<FastifyInstance> {
  const app = Fastify();
  await app.register(authentication, { verifier: tokenVerifier });
  app.get('/open', async ({ identity }) => ({ identity }));
  app.get('/mine', { onRequest: requireAuth }, async (request) => ({ userId: identityOf(request).userId }));
  app.get('/staff', { onRequest: requireRole('manager', 'admin') }, async () => ({ welcome: true }));
  app.get('/forgotten', async (request) => identityOf(request));
  return app;
}

let app: FastifyInstance;

beforeAll(async () => {
  app = await makeServer();
});
afterAll(() => app.close());

const ask = (url: string, authorization?: string) =>
  app.inject({ url, headers: authorization === undefined ? {} : { authorization } });

describe('requireAuth', () => {
  it.each(['Bearer', 'bearer', 'BEARER '])('lets a good token through (%s)', async (scheme) => {
    const answer = await ask('/mine', `${scheme} ${await makeToken(keys)}`);
    expect([answer.statusCode, answer.json()]).toStrictEqual([200, { userId: USER }]);
  });

  it.each([[undefined], [''], ['Bearer'], ['Bearer '], ['Basic YTpi'], ['Bearer one two'], ['Token one']])(
    'tells who sends no token (%j) to send one, and no error',
    async (authorization) => {
      const answer = await ask('/mine', authorization);
      expect([answer.statusCode, answer.headers['www-authenticate']]).toStrictEqual([401, 'Bearer']);
      expect(answer.json()).toMatchObject({ code: 'TOKEN_MISSING' });
    },
  );

  it.each([
    ['is none', 'TOKEN_INVALID', async () => 'nonsense'],
    ['is for another application', 'TOKEN_INVALID', () => makeToken(keys, { audiences: ['pshop'] })],
    ['has expired', 'TOKEN_EXPIRED', () => makeToken(keys, { now: new Date('2026-06-01T11:00:00Z') })],
    ['was revoked', 'TOKEN_REVOKED', () => makeToken(keys, { sessionId: REVOKED })],
  ])('refuses a token that %s: 401 %s, with a challenge', async (_, code, token) => {
    const answer = await ask('/mine', `Bearer ${await token()}`);
    expect(answer.statusCode).toBe(401);
    expect(answer.headers['www-authenticate']).toMatch(/^Bearer error="invalid_token", error_description="[^"\\]+"$/);
    expect(answer.json()).toMatchObject({ code });
  });

  it('says when to come again while the public keys have never been read', async () => {
    await using waiting = await makeServer({
      verify: async () => {
        throw new AtrizError('SERVICE_UNAVAILABLE', 'no keys yet', { retryAfterSeconds: 1.2 });
      },
    });
    const answer = await waiting.inject({ url: '/mine', headers: { authorization: 'Bearer token' } });
    expect([answer.statusCode, answer.headers['retry-after']]).toStrictEqual([503, '2']);
    expect(answer.headers['www-authenticate']).toBeUndefined();
  });

  it('makes an unforeseen error nobody’s 401', async () => {
    await using broken = await makeServer({
      verify: async () => {
        throw new TypeError('a mistake');
      },
    });
    const answer = await broken.inject({ url: '/mine', headers: { authorization: 'Bearer token' } });
    expect(answer.statusCode).toBe(500);
  });
});

describe('requireRole', () => {
  it('lets through who holds one of the roles', async () => {
    const answer = await ask('/staff', `Bearer ${await makeToken(keys, { roles: ['admin', 'member'] })}`);
    expect([answer.statusCode, answer.json()]).toStrictEqual([200, { welcome: true }]);
  });

  it('tells who holds none of them, and who is nobody', async () => {
    const member = await ask('/staff', `Bearer ${await makeToken(keys, { roles: ['member'] })}`);
    expect(member.statusCode).toBe(403);
    expect(member.json()).toMatchObject({ code: 'ROLE_MISSING', message: 'this takes the role manager or admin' });
    expect((await ask('/staff')).statusCode).toBe(401);
  });
});

describe('identityOf', () => {
  it('knows nobody where nobody was asked for, whatever was sent', async () => {
    const authorization = `Bearer ${await makeToken(keys)}`;
    expect((await ask('/open', authorization)).json()).toStrictEqual({ identity: null });
    expect((await ask('/forgotten', authorization)).statusCode).toBe(500);
  });

  it('keeps the users of a hundred requests at once apart', async () => {
    const users = Array.from(
      { length: 100 },
      (_, index) => `${String(index).padStart(8, '0')}-1111-4111-8111-111111111111`,
    );
    const answers = await Promise.all(
      users.map(async (userId) => ask('/mine', `Bearer ${await makeToken(keys, { userId })}`)),
    );
    expect(answers.map((answer) => answer.json<{ userId: string }>().userId)).toStrictEqual(users);
  });
});
