import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HOME, openTestAuth, PASSWORD, type TestAuth } from '../../test/auth.ts';

let on: TestAuth;
let userId: string;

beforeAll(async () => {
  on = await openTestAuth();
  ({ userId } = await on.auth.register({ email: 'Ada@Example.com', password: PASSWORD, name: 'Ada', address: HOME }));
});
afterAll(() => on[Symbol.asyncDispose]());

const signIn = () => on.auth.signIn({ email: 'ada@example.com', password: PASSWORD, address: HOME });

describe('a session', () => {
  it('begins with a pair of tokens that say who it is', async () => {
    const pair = await signIn();
    expect(pair).toStrictEqual({
      accessToken: expect.any(String),
      refreshToken: expect.stringMatching(/^[\w-]{43}$/),
      expiresIn: 900,
    });
    expect(await on.verifier.verify(pair.accessToken)).toMatchObject({ userId, roles: ['member'] });
  });

  it('goes on with each refresh', async () => {
    const first = await signIn();
    const second = await on.auth.refresh(first);
    const third = await on.auth.refresh(second);
    const [begun, goesOn] = await Promise.all([first, third].map(({ accessToken }) => on.verifier.verify(accessToken)));
    expect(goesOn!.sessionId).toBe(begun!.sessionId);
    expect(new Set([first, second, third].map(({ refreshToken }) => refreshToken)).size).toBe(3);
  });
});
