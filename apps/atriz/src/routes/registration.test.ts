import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, mailedToken } from '../../test/requests.ts';
import { openService, PASSWORD, type TestService } from '../../test/service.ts';

const ADA = { email: 'ada@example.com', password: PASSWORD, name: 'Ada' };
let service: TestService;

beforeAll(async () => {
  service = await openService();
});
afterAll(() => service[Symbol.asyncDispose]());

describe('POST /auth/register', () => {
  it('makes an account that signs in', async () => {
    const registered = await ask(service, 'POST /auth/register', { payload: ADA });
    expect([registered.statusCode, registered.headers.location]).toStrictEqual([201, '/auth/me']);
    expect(registered.json()).toStrictEqual({ id: expect.stringMatching(/^[0-9a-f-]{36}$/) });
    const { email, password } = ADA;
    const signedIn = await ask(service, 'POST /auth/sign-in', { payload: { email, password } });
    expect(signedIn.statusCode).toBe(200);
  });

  it('makes one account of an address', async () => {
    await ask(service, 'POST /auth/register', { payload: { ...ADA, email: 'twice@example.com' } });
    const again = await ask(service, 'POST /auth/register', { payload: { ...ADA, email: 'Twice@example.com' } });
    expect([again.statusCode, again.json().code]).toStrictEqual([409, 'EMAIL_TAKEN']);
  });

  it.each([
    [{ email: 'ada' }, 400, 'REQUEST_INVALID'],
    [{ name: ' ' }, 400, 'REQUEST_INVALID'],
    [{ roles: ['admin'] }, 400, 'REQUEST_INVALID'],
    [{ password: 'short' }, 422, 'PASSWORD_REFUSED'],
    [{ password: 'x'.repeat(73) }, 422, 'PASSWORD_REFUSED'],
    [{ password: 'a password\0 with NUL' }, 422, 'PASSWORD_REFUSED'],
  ])('refuses %j', async (fault, status, code) => {
    const answer = await ask(service, 'POST /auth/register', {
      payload: { ...ADA, email: 'refused@example.com', ...fault },
    });
    expect([answer.statusCode, answer.json().code]).toStrictEqual([status, code]);
  });
});

describe('POST /auth/verify-email', () => {
  it('takes the token that was mailed, once', async () => {
    const user = await service.signUp('Vera');
    expect((await ask(service, 'GET /auth/me', { user })).json()).toMatchObject({ emailVerified: false });
    const token = await mailedToken(service, user.email);
    expect((await ask(service, 'POST /auth/verify-email', { payload: { token } })).statusCode).toBe(204);
    expect((await ask(service, 'GET /auth/me', { user })).json()).toMatchObject({ emailVerified: true });
    const again = await ask(service, 'POST /auth/verify-email', { payload: { token } });
    expect(again.statusCode).toBe(401);
  });
});

describe('POST /auth/verify-email/request', () => {
  it.each(['ada@example.com', 'nobody@example.com'])('answers alike for %s', async (email) => {
    const answer = await ask(service, 'POST /auth/verify-email/request', { payload: { email } });
    expect([answer.statusCode, answer.body]).toStrictEqual([202, 'null']);
  });
});
