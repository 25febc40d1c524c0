import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask } from '../../test/requests.ts';
import { openService, PASSWORD, type TestService } from '../../test/service.ts';

let service: TestService;

beforeAll(async () => {
  service = await openService();
});
afterAll(() => service[Symbol.asyncDispose]());

describe('GET /auth/me', () => {
  it('tells who asks, without anything secret', async () => {
    const user = await service.signUp('Ada', ['admin']);
    const answer = await ask(service, 'GET /auth/me', { user });
    expect(answer.json()).toStrictEqual({
      id: user.id,
      email: 'ada@example.com',
      name: 'Ada',
      emailVerified: false,
      roles: ['admin', 'member'],
      createdAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
    });
  });

  it('takes a token', async () => {
    const answer = await ask(service, 'GET /auth/me');
    expect([answer.statusCode, answer.headers['www-authenticate']]).toStrictEqual([401, 'Bearer']);
  });
});

describe('DELETE /auth/me', () => {
  it('asks for the password, then asks for the deletion and lets nobody in any more', async () => {
    const user = await service.signUp('Gus');
    const refused = await ask(service, 'DELETE /auth/me', { user, payload: { password: 'something else' } });
    expect([refused.statusCode, refused.json().code]).toStrictEqual([401, 'CREDENTIALS_INVALID']);

    expect((await ask(service, 'DELETE /auth/me', { user, payload: { password: PASSWORD } })).statusCode).toBe(202);
    const payload = { email: user.email, password: PASSWORD };
    expect((await ask(service, 'POST /auth/sign-in', { payload })).json()).toMatchObject({ code: 'ACCOUNT_INACTIVE' });
    await expect.poll(async () => (await ask(service, 'GET /auth/me', { user })).json().code).toBe('TOKEN_REVOKED');
    const { rows } = await service.shared.owner.query('SELECT user_id, requested_by, state FROM user_deletions');
    expect(rows).toStrictEqual([{ user_id: user.id, requested_by: user.id, state: 'requested' }]);
  });
});
