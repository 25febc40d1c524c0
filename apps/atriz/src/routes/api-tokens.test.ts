import { createTokenVerifier } from '@atriz/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask } from '../../test/requests.ts';
import { ISSUER, openService, type TestService, type TestUser } from '../../test/service.ts';

let service: TestService;
let ada: TestUser;
let ben: TestUser;

beforeAll(async () => {
  service = await openService();
  ada = await service.signUp('Ada');
  ben = await service.signUp('Ben');
});
afterAll(() => service[Symbol.asyncDispose]());

const make = async (payload: object, user = ada) =>
  ask(service, 'POST /auth/api-tokens', { user, payload: { name: 'CI', ...payload } });
const exchange = (token: string) => ask(service, 'POST /auth/api-tokens/exchange', { payload: { token } });

describe('/auth/api-tokens', () => {
  it('makes a token that is shown once, listed, exchanged, and revoked', async () => {
    const made = await make({ name: 'Backups' });
    const { id, token, ...rest } = made.json();
    expect([made.statusCode, made.headers.location]).toStrictEqual([201, `/auth/api-tokens/${id}`]);
    expect(rest).toMatchObject({ name: 'Backups', audiences: null, lastUsedAt: null });

    const list = (await ask(service, 'GET /auth/api-tokens', { user: ada })).json();
    expect(list).toMatchObject({ items: [{ id, name: 'Backups' }], next: null });
    expect(JSON.stringify(list)).not.toContain(token);

    const { accessToken } = (await exchange(token)).json();
    const headers = { authorization: `Bearer ${accessToken}` };
    expect((await ask(service, 'GET /auth/me', { headers })).json()).toMatchObject({ id: ada.id });

    expect((await ask(service, `DELETE /auth/api-tokens/${id}`, { user: ada })).statusCode).toBe(204);
    expect((await exchange(token)).statusCode).toBe(401);
    expect((await ask(service, 'GET /auth/api-tokens', { user: ada })).json().items).toStrictEqual([]);
  });

  it('makes a token for some applications only', async () => {
    const { token } = (await make({ audiences: ['pshop'] })).json();
    const { accessToken } = (await exchange(token)).json();
    const headers = { authorization: `Bearer ${accessToken}` };
    expect((await ask(service, 'GET /auth/me', { headers })).json()).toMatchObject({ code: 'TOKEN_INVALID' });
    const atPshop = createTokenVerifier({ issuer: ISSUER, audience: 'pshop', keys: service.keys });
    expect(await atPshop.verify(accessToken)).toMatchObject({ userId: ada.id });
  });

  it('neither shows nor revokes the tokens of another', async () => {
    const { id, token } = (await make({})).json();
    expect((await ask(service, 'GET /auth/api-tokens', { user: ben })).json().items).toStrictEqual([]);
    expect((await ask(service, `DELETE /auth/api-tokens/${id}`, { user: ben })).statusCode).toBe(404);
    expect((await exchange(token)).statusCode).toBe(200);
  });

  it.each([{ name: ' ' }, { audiences: [] }, { audiences: ['moon'] }, { expiresAt: '2020-01-01T00:00:00Z' }])(
    'refuses %j',
    async (fault) => {
      expect((await make(fault)).json()).toMatchObject({ status: 400, code: 'REQUEST_INVALID' });
    },
  );

  it.each(['GET /auth/api-tokens', 'POST /auth/api-tokens'])('takes a token: %s', async (target) => {
    expect((await ask(service, target)).json()).toMatchObject({ status: 401, code: 'TOKEN_MISSING' });
  });
});
