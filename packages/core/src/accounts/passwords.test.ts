import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ELSEWHERE, HOME, openTestAuth, PASSWORD, type TestAuth } from '../../test/auth.ts';

const HOUR = 3_600_000;
const EMAIL = 'ada@example.com';
const NEW = 'a quite different one';
let on: TestAuth;
let userId: string;

beforeAll(async () => {
  on = await openTestAuth();
});
beforeEach(async () => {
  await on.test.db.query('DELETE FROM users');
  await on.test.db.query('TRUNCATE sign_in_attempts');
  on.sent.length = 0;
  ({ userId } = await on.auth.register({ email: EMAIL, password: PASSWORD, name: 'Ada', address: HOME }));
});
afterAll(() => on[Symbol.asyncDispose]());

const signIn = (password = PASSWORD) => on.auth.signIn({ email: EMAIL, password, address: HOME });

async function requestReset(): Promise<string> {
  await on.auth.requestPasswordReset({ email: ' ADA@example.com', address: HOME });
  return on.lastToken('reset', EMAIL);
}

describe('a password reset', () => {
  it('sets the password, ends all that was open, verifies the address, and tells the owner', async () => {
    const held = await signIn();
    const apiToken = await on.auth.createApiToken({ userId, name: 'nightly' });
    const { sessionToken } = await on.auth.startSession({ email: EMAIL, password: PASSWORD, address: HOME });
    const token = await requestReset();
    expect(await on.auth.completePasswordReset({ token, password: NEW })).toStrictEqual({ userId });

    await expect(signIn()).rejects.toMatchObject({ code: 'CREDENTIALS_INVALID' });
    expect(await signIn(NEW)).toMatchObject({ expiresIn: 900 });
    await expect(on.auth.refresh(held)).rejects.toMatchObject({ code: 'TOKEN_REVOKED' });
    await expect(on.auth.exchangeApiToken(apiToken)).rejects.toMatchObject({ code: 'TOKEN_REVOKED' });
    await expect(on.auth.openSession({ sessionToken })).rejects.toMatchObject({ code: 'TOKEN_REVOKED' });
    expect(await on.isWithdrawn(held.accessToken)).toBe(true);
    const { rows } = await on.test.db.query('SELECT email_verified FROM users');
    expect(rows).toStrictEqual([{ email_verified: true }]);
    await expect.poll(() => on.sent.at(-1)).toStrictEqual({ kind: 'changed', to: EMAIL, name: 'Ada' });
  });

  it('is done once', async () => {
    const token = await requestReset();
    const all = await Promise.allSettled([1, 2, 3].map(() => on.auth.completePasswordReset({ token, password: NEW })));
    expect(all.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    await expect(on.auth.completePasswordReset({ token, password: PASSWORD })).rejects.toMatchObject({
      code: 'TOKEN_REVOKED',
    });
    expect(await signIn(NEW)).toMatchObject({ expiresIn: 900 });
  });

  it('can be done within the hour', async () => {
    const token = await requestReset();
    on.time.now = new Date(on.time.now.getTime() + HOUR);
    await expect(on.auth.completePasswordReset({ token, password: NEW })).rejects.toMatchObject({
      code: 'TOKEN_EXPIRED',
    });
  });

  it('can be tried again with a better password', async () => {
    const token = await requestReset();
    await expect(on.auth.completePasswordReset({ token, password: 'short' })).rejects.toMatchObject({
      code: 'PASSWORD_REFUSED',
    });
    expect(await on.auth.completePasswordReset({ token, password: NEW })).toStrictEqual({ userId });
  });

  it('is not sent to nobody, nor to a deactivated account, and says so to neither', async () => {
    const auth = on.another();
    await on.auth.deactivate({ userId, actorId: userId });
    for (const email of [EMAIL, 'nobody@example.com', `' OR 1=1 --`, 'a\0b']) {
      expect(await auth.requestPasswordReset({ email, address: HOME })).toBeUndefined();
    }
    await auth[Symbol.asyncDispose]();
    expect(on.sent.filter(({ kind }) => kind === 'reset')).toStrictEqual([]);
  });

  it('is answered before anybody looks whether there is an account, so that the time tells nothing', async () => {
    const client = await on.test.db.pool.connect();
    await client.query('BEGIN');
    await client.query('LOCK TABLE users IN ACCESS EXCLUSIVE MODE');
    await on.auth.requestPasswordReset({ email: EMAIL, address: HOME });
    await on.auth.requestPasswordReset({ email: 'nobody@example.com', address: HOME });
    expect(on.sent.filter(({ kind }) => kind === 'reset')).toStrictEqual([]);
    await client.query('COMMIT');
    client.release();
    expect(await on.lastToken('reset', EMAIL)).toMatch(/^[\w-]{43}$/);
  });

  it('is of no use once the account was deactivated', async () => {
    const token = await requestReset();
    await on.auth.deactivate({ userId, actorId: userId });
    await expect(on.auth.completePasswordReset({ token, password: NEW })).rejects.toMatchObject({
      code: 'ACCOUNT_INACTIVE',
    });
  });
});

const change = async (accessToken: string, currentPassword = PASSWORD, newPassword = NEW) => {
  const { sessionId } = await on.verifier.verify(accessToken);
  return on.auth.changePassword({ userId, sessionId, currentPassword, newPassword, address: HOME });
};

describe('changePassword', () => {
  it('ends all sessions but the one that asks, and leaves API tokens alone', async () => {
    const [mine, other] = [await signIn(), await signIn()];
    const { sessionToken } = await on.auth.startSession({ email: EMAIL, password: PASSWORD, address: ELSEWHERE });
    const apiToken = await on.auth.createApiToken({ userId, name: 'nightly' });
    const reset = await requestReset();
    const { accessToken } = await change(mine.accessToken);

    expect(await on.isWithdrawn(accessToken)).toBe(false);
    expect(await on.isWithdrawn(mine.accessToken)).toBe(true);
    expect(await on.auth.refresh(mine)).toMatchObject({ expiresIn: 900 });
    expect(await on.auth.exchangeApiToken(apiToken)).toMatchObject({ expiresIn: 900 });
    await expect(on.auth.refresh(other)).rejects.toMatchObject({ code: 'TOKEN_REVOKED' });
    await expect(on.auth.openSession({ sessionToken })).rejects.toMatchObject({ code: 'TOKEN_REVOKED' });
    await expect(on.auth.completePasswordReset({ token: reset, password: 'a third good one' })).rejects.toMatchObject({
      code: 'TOKEN_REVOKED',
    });
    expect(await signIn(NEW)).toMatchObject({ expiresIn: 900 });
  });

  it('asks for the current password, and slows guesses down as sign-in does', async () => {
    const { accessToken } = await signIn();
    for (let index = 0; index < 5; index += 1) {
      await expect(change(accessToken, 'a wrong one')).rejects.toMatchObject({ code: 'CREDENTIALS_INVALID' });
    }
    await expect(change(accessToken)).rejects.toMatchObject({ code: 'SIGN_IN_THROTTLED' });
    await expect(signIn()).rejects.toMatchObject({ code: 'SIGN_IN_THROTTLED' });
  });

  it('refuses a weak password', async () => {
    const { accessToken } = await signIn();
    await expect(change(accessToken, PASSWORD, EMAIL)).rejects.toMatchObject({ code: 'PASSWORD_REFUSED' });
  });
});

describe('checkPassword', () => {
  it('tells the right password from a wrong one', async () => {
    expect(await on.auth.checkPassword({ userId, password: PASSWORD, address: HOME })).toBeUndefined();
    await expect(on.auth.checkPassword({ userId, password: NEW, address: HOME })).rejects.toMatchObject({
      code: 'CREDENTIALS_INVALID',
    });
    const nobody = { userId: 'nobody', password: NEW, address: HOME };
    await expect(on.auth.checkPassword(nobody)).rejects.toMatchObject({ code: 'CREDENTIALS_INVALID' });
  });
});
