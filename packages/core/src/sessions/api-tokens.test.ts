import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HOME, openTestAuth, PASSWORD, type TestAuth } from '../../test/auth.ts';

const DAY = 86_400_000;
let on: TestAuth;
let userId: string;
let otherId: string;

beforeAll(async () => {
  on = await openTestAuth();
  const register = (email: string) => on.auth.register({ email, password: PASSWORD, name: 'A', address: HOME });
  ({ userId } = await register('ada@example.com'));
  ({ userId: otherId } = await register('grace@example.com'));
});
afterAll(() => on[Symbol.asyncDispose]());

describe('an API token', () => {
  it('is shown once, and listed without it', async () => {
    const { token, ...listed } = await on.auth.createApiToken({ userId, name: ' nightly ', audiences: ['pshop'] });
    expect(token).toMatch(/^[\w-]{43}$/);
    expect(listed).toStrictEqual({
      id: expect.any(String),
      name: 'nightly',
      audiences: ['pshop'],
      createdAt: on.time.now,
      expiresAt: new Date(on.time.now.getTime() + 365 * DAY),
      lastUsedAt: null,
    });
    expect(await on.auth.listApiTokens({ userId })).toStrictEqual([listed]);
    expect(await on.auth.listApiTokens({ userId: otherId })).toStrictEqual([]);
    await on.auth.exchangeApiToken({ token });
    expect(await on.auth.listApiTokens({ userId })).toStrictEqual([{ ...listed, lastUsedAt: on.time.now }]);
  });

  it('opens its applications and no other', async () => {
    const forShop = await on.auth.createApiToken({ userId, name: 'shop', audiences: ['pshop'] });
    const forAll = await on.auth.createApiToken({ userId, name: 'all' });
    const [narrow, wide] = [await on.auth.exchangeApiToken(forShop), await on.auth.exchangeApiToken(forAll)];
    await expect(on.verifier.verify(narrow.accessToken)).rejects.toMatchObject({ code: 'TOKEN_INVALID' });
    expect(await on.verifier.verify(wide.accessToken)).toMatchObject({ userId, roles: ['member'] });
  });

  it('is revoked with the access tokens that came of it', async () => {
    const { id, token } = await on.auth.createApiToken({ userId, name: 'revoked' });
    const { accessToken } = await on.auth.exchangeApiToken({ token });
    await on.auth.revokeApiToken({ userId, id });
    expect(await on.isWithdrawn(accessToken)).toBe(true);
    await expect(on.auth.exchangeApiToken({ token })).rejects.toMatchObject({ code: 'TOKEN_REVOKED' });
    await expect(on.auth.revokeApiToken({ userId, id })).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect((await on.auth.listApiTokens({ userId })).map(({ name }) => name)).not.toContain('revoked');
  });

  it('is revoked by its owner alone', async () => {
    const { id, token } = await on.auth.createApiToken({ userId, name: 'mine' });
    await expect(on.auth.revokeApiToken({ userId: otherId, id })).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(on.auth.revokeApiToken({ userId, id: `' OR 1=1 --` })).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect(await on.auth.exchangeApiToken({ token })).toMatchObject({ expiresIn: 900 });
  });

  it('ends when it was said to end', async () => {
    const expiresAt = new Date(on.time.now.getTime() + DAY);
    const { token } = await on.auth.createApiToken({ userId, name: 'short', expiresAt });
    on.time.now = expiresAt;
    await expect(on.auth.exchangeApiToken({ token })).rejects.toMatchObject({ code: 'TOKEN_EXPIRED' });
    expect((await on.auth.listApiTokens({ userId })).map(({ name }) => name)).not.toContain('short');
  });

  it.each([
    ['no name', { name: ' ' }],
    ['a long name', { name: 'x'.repeat(101) }],
    ['a name with a NUL', { name: 'a\0b' }],
    ['no application', { name: 'a', audiences: [] }],
    ['an unknown application', { name: 'a', audiences: ['pshop', 'bank'] }],
    ['an end that is past', { name: 'a', expiresAt: new Date('2026-01-01T00:00:00Z') }],
    ['an end in many years', { name: 'a', expiresAt: new Date('2036-01-01T00:00:00Z') }],
    ['no date', { name: 'a', expiresAt: new Date('nonsense') }],
  ])('is refused with %s', async (_, wanted) => {
    await expect(on.auth.createApiToken({ userId, ...wanted })).rejects.toMatchObject({ code: 'REQUEST_INVALID' });
  });

  it('is one of fifty at most, however many are asked for at once', async () => {
    const all = await Promise.allSettled(
      Array.from({ length: 55 }, (_, index) => on.auth.createApiToken({ userId: otherId, name: `number ${index}` })),
    );
    const codes = all.filter((each) => each.status === 'rejected').map(({ reason }) => reason.code as string);
    expect(codes).toStrictEqual(Array<string>(5).fill('CONFLICT'));
    expect(await on.auth.listApiTokens({ userId: otherId })).toHaveLength(50);
  });

  it('is neither made for a deactivated user nor taken from one', async () => {
    const { token } = await on.auth.createApiToken({ userId, name: 'before' });
    await on.auth.deactivate({ userId, actorId: otherId });
    await expect(on.auth.exchangeApiToken({ token })).rejects.toMatchObject({ code: 'ACCOUNT_INACTIVE' });
    await expect(on.auth.createApiToken({ userId, name: 'after' })).rejects.toMatchObject({ code: 'ACCOUNT_INACTIVE' });
    await on.auth.activate({ userId, actorId: otherId });
    await expect(on.auth.exchangeApiToken({ token })).rejects.toMatchObject({ code: 'TOKEN_REVOKED' });
  });
});
