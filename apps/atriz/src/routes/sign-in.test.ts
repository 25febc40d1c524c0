import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask } from '../../test/requests.ts';
import { openService, PASSWORD, type TestService, type TestUser } from '../../test/service.ts';

let service: TestService;
let ada: TestUser;

beforeAll(async () => {
  service = await openService();
  ada = await service.signUp('Ada');
});
afterAll(() => service[Symbol.asyncDispose]());

const signIn = (password = PASSWORD) =>
  ask(service, 'POST /auth/sign-in', { payload: { email: 'ada@example.com', password } });
const guess = () =>
  ask(service, 'POST /auth/sign-in', { payload: { email: 'guessed@example.com', password: 'a guess' } });
const refresh = (refreshToken: string) => ask(service, 'POST /auth/refresh', { payload: { refreshToken } });
const me = (accessToken: string) =>
  ask(service, 'GET /auth/me', { headers: { authorization: `Bearer ${accessToken}` } });

describe('POST /auth/sign-in', () => {
  it('gives an access token and a refresh token, and nothing else', async () => {
    const answer = await signIn();
    expect(answer.statusCode).toBe(200);
    expect(answer.json()).toStrictEqual({
      accessToken: expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/),
      refreshToken: expect.stringMatching(/^[\w-]{43}$/),
      expiresIn: 900,
    });
    expect((await me(answer.json().accessToken)).json()).toMatchObject({ id: ada.id, email: 'ada@example.com' });
  });

  it('answers a wrong password and an unknown address alike', async () => {
    const wrong = await signIn('something else');
    const unknown = await ask(service, 'POST /auth/sign-in', {
      payload: { email: 'nobody@example.com', password: 'something else' },
    });
    expect([wrong.statusCode, wrong.json().code]).toStrictEqual([401, 'CREDENTIALS_INVALID']);
    const { instance: _, ...one } = wrong.json();
    const { instance: __, ...other } = unknown.json();
    expect(one).toStrictEqual(other);
  });

  it('slows guessing down, and says for how long', async () => {
    for (let left = 6; left > 0; left -= 1) await guess();
    const answer = await guess();
    expect([answer.statusCode, answer.json().code]).toStrictEqual([429, 'SIGN_IN_THROTTLED']);
    expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
  });
});

describe('POST /auth/refresh', () => {
  it('takes a token once; used again, it ends the whole session', async () => {
    const first = (await signIn()).json();
    const second = await refresh(first.refreshToken);
    expect(second.statusCode).toBe(200);
    expect(second.json().refreshToken).not.toBe(first.refreshToken);
    const reused = await refresh(first.refreshToken);
    expect([reused.statusCode, reused.json().code]).toStrictEqual([401, 'TOKEN_REUSED']);
    expect((await refresh(second.json().refreshToken)).statusCode).toBe(401);
  });

  it('refuses what is no token', async () => {
    expect((await refresh("' OR 1 = 1 --")).json()).toMatchObject({ status: 401, code: 'TOKEN_INVALID' });
  });
});

describe('POST /auth/sign-out', () => {
  it('ends the session of a refresh token', async () => {
    const { accessToken, refreshToken } = (await signIn()).json();
    expect((await ask(service, 'POST /auth/sign-out', { payload: { refreshToken } })).statusCode).toBe(204);
    expect((await refresh(refreshToken)).statusCode).toBe(401);
    await expect.poll(async () => (await me(accessToken)).json().code).toBe('TOKEN_REVOKED');
  });

  it('ends the session of the bearer', async () => {
    const { accessToken, refreshToken } = (await signIn()).json();
    const headers = { authorization: `Bearer ${accessToken}` };
    expect((await ask(service, 'POST /auth/sign-out', { headers })).statusCode).toBe(204);
    expect((await refresh(refreshToken)).statusCode).toBe(401);
  });

  it('needs one of the two', async () => {
    expect((await ask(service, 'POST /auth/sign-out')).json()).toMatchObject({ status: 401, code: 'TOKEN_MISSING' });
  });
});

describe('POST /auth/sign-out-everywhere', () => {
  it('ends all sessions of a user, and of no other', async () => {
    const ben = await service.signUp('Ben');
    const one = (await signIn()).json();
    const other = (await signIn()).json();
    const headers = { authorization: `Bearer ${one.accessToken}` };
    expect((await ask(service, 'POST /auth/sign-out-everywhere', { headers })).statusCode).toBe(204);
    expect((await refresh(one.refreshToken)).statusCode).toBe(401);
    expect((await refresh(other.refreshToken)).statusCode).toBe(401);
    expect((await refresh(ben.refreshToken)).statusCode).toBe(200);
  });
});
