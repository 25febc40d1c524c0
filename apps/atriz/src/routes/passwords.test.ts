import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, mailedToken } from '../../test/requests.ts';
import { openService, PASSWORD, type TestService, type TestUser } from '../../test/service.ts';

const OTHER = 'eight noisy badgers';
let service: TestService;

beforeAll(async () => {
  service = await openService();
});
afterAll(() => service[Symbol.asyncDispose]());

const signIn = ({ email }: TestUser, password: string) =>
  ask(service, 'POST /auth/sign-in', { payload: { email, password } });
const refresh = ({ refreshToken }: TestUser) => ask(service, 'POST /auth/refresh', { payload: { refreshToken } });

describe('POST /auth/password-reset', () => {
  it('answers alike for an address that nobody has', async () => {
    const { email } = await service.signUp('Una');
    const known = await ask(service, 'POST /auth/password-reset', { payload: { email } });
    const unknown = await ask(service, 'POST /auth/password-reset', { payload: { email: 'nobody@example.com' } });
    expect([known.statusCode, known.body]).toStrictEqual([202, 'null']);
    expect([unknown.statusCode, unknown.body]).toStrictEqual([202, 'null']);
  });

  it('mails a token that sets another password once, and ends all sessions', async () => {
    const user = await service.signUp('Rita');
    const sent = service.mails.length;
    await ask(service, 'POST /auth/password-reset', { payload: { email: user.email } });
    await expect.poll(() => service.mails.slice(sent).map(({ kind }) => kind)).toContain('password-reset');
    const token = await mailedToken(service, user.email);
    const payload = { token, password: OTHER };
    expect((await ask(service, 'POST /auth/password-reset/complete', { payload })).statusCode).toBe(204);
    expect((await ask(service, 'POST /auth/password-reset/complete', { payload })).statusCode).toBe(401);
    expect((await signIn(user, OTHER)).statusCode).toBe(200);
    expect((await signIn(user, PASSWORD)).statusCode).toBe(401);
    expect((await refresh(user)).statusCode).toBe(401);
  });
});

describe('POST /auth/password', () => {
  it('changes the password, ends the other sessions and gives this one a new access token', async () => {
    const user = await service.signUp('Carl');
    const elsewhere = (await signIn(user, PASSWORD)).json();
    const changed = await ask(service, 'POST /auth/password', {
      user,
      payload: { currentPassword: PASSWORD, newPassword: OTHER },
    });
    expect(changed.statusCode).toBe(200);
    const headers = { authorization: `Bearer ${changed.json().accessToken}` };
    expect((await ask(service, 'GET /auth/me', { headers })).statusCode).toBe(200);
    expect((await refresh({ ...user, ...elsewhere })).statusCode).toBe(401);
    expect((await signIn(user, OTHER)).statusCode).toBe(200);
  });

  it('asks for the current password', async () => {
    const user = await service.signUp('Dora');
    const payload = { currentPassword: 'something else', newPassword: OTHER };
    const answer = await ask(service, 'POST /auth/password', { user, payload });
    expect([answer.statusCode, answer.json().code]).toStrictEqual([401, 'CREDENTIALS_INVALID']);
    expect((await signIn(user, PASSWORD)).statusCode).toBe(200);
  });

  it('takes a token', async () => {
    const payload = { currentPassword: PASSWORD, newPassword: OTHER };
    expect((await ask(service, 'POST /auth/password', { payload })).json()).toMatchObject({ code: 'TOKEN_MISSING' });
  });
});
