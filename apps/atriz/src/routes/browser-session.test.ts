import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask } from '../../test/requests.ts';
import { ISSUER, openService, PASSWORD, type TestService } from '../../test/service.ts';

const OURS = { origin: ISSUER };
let service: TestService;

beforeAll(async () => {
  service = await openService();
  await service.signUp('Ada');
});
afterAll(() => service[Symbol.asyncDispose]());

const signIn = (headers: Record<string, string> = OURS) =>
  ask(service, 'POST /auth/session', { headers, payload: { email: 'ada@example.com', password: PASSWORD } });
const token = (cookie: string, origin = ISSUER) =>
  ask(service, 'POST /auth/session/token', { headers: { origin, cookie } });

/** `name=value` of the cookie that an answer sets. */
function cookieOf({ headers }: { readonly headers: Record<string, unknown> }): string {
  return String(headers['set-cookie']).split(';')[0]!;
}

describe('a browser’s session', () => {
  it('is in a cookie that no script reads, and that no other site sends', async () => {
    const answer = await signIn();
    expect(answer.statusCode).toBe(200);
    expect(answer.json()).toStrictEqual({ accessToken: expect.any(String), expiresIn: 900 });
    expect(answer.headers['set-cookie']).toMatch(
      /^atriz_session=[\w-]{43}; Path=\/; Expires=[^;]+; HttpOnly; SameSite=Lax$/,
    );
  });

  it('goes by TLS and to this host only, in production', async () => {
    await using production = await openService({ settings: { production: true } });
    await production.signUp('Ada');
    const answer = await ask(production, 'POST /auth/session', {
      headers: OURS,
      payload: { email: 'ada@example.com', password: PASSWORD },
    });
    expect(answer.headers['set-cookie']).toMatch(
      /^__Host-atriz_session=[\w-]{43}; Path=\/; Expires=[^;]+; HttpOnly; Secure; SameSite=Lax$/,
    );
  });

  it('gives access tokens to the pages of every application, until it ends', async () => {
    const cookie = cookieOf(await signIn());
    const there = await token(cookie, 'http://localhost:3001');
    expect(there.statusCode).toBe(200);
    expect(there.headers['access-control-allow-origin']).toBe('http://localhost:3001');
    expect(there.headers['access-control-allow-credentials']).toBe('true');
    const headers = { authorization: `Bearer ${there.json().accessToken}` };
    expect((await ask(service, 'GET /auth/me', { headers })).json()).toMatchObject({ email: 'ada@example.com' });

    const ended = await ask(service, 'DELETE /auth/session', { headers: { ...OURS, cookie } });
    expect(ended.statusCode).toBe(204);
    expect(ended.headers['set-cookie']).toMatch(/^atriz_session=; .*Expires=Thu, 01 Jan 1970/);
    const after = await token(cookie);
    expect([after.statusCode, after.headers['set-cookie']]).toStrictEqual([
      204,
      expect.stringContaining('atriz_session=;'),
    ]);
  });

  it('ends when somebody signs in again in the same browser', async () => {
    const cookie = cookieOf(await signIn());
    expect((await signIn({ ...OURS, cookie })).statusCode).toBe(200);
    expect((await token(cookie)).statusCode).toBe(204);
  });

  it.each([
    '',
    'atriz_session=',
    'atriz_session=nonsense',
    "atriz_session=' OR 1=1 --",
    `atriz_session=${'x'.repeat(5000)}`,
  ])('is nobody’s with the cookie "%.30s"', async (cookie) => {
    const answer = await token(cookie);
    expect([answer.statusCode, answer.body]).toStrictEqual([204, '']);
  });

  it.each(['POST /auth/session', 'POST /auth/session/token', 'DELETE /auth/session'])(
    'is not for the pages of others: %s',
    async (target) => {
      const cookie = cookieOf(await signIn());
      const payload = { email: 'ada@example.com', password: PASSWORD };
      for (const headers of [{ cookie }, { cookie, origin: 'https://evil.example' }, { cookie, origin: 'null' }]) {
        const answer = await ask(service, target, { headers, ...(target === 'POST /auth/session' && { payload }) });
        expect([answer.statusCode, answer.json().code]).toStrictEqual([403, 'ORIGIN_REFUSED']);
        expect(answer.headers['access-control-allow-origin']).toBeUndefined();
      }
      expect((await token(cookie)).statusCode).toBe(200);
    },
  );
});
