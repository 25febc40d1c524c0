import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { HOME, openTestAuth, PASSWORD, type TestAuth } from '../../test/auth.ts';

const DAY = 86_400_000;
const UNKNOWN = '99999999-9999-4999-8999-999999999999';
const ATTEMPT = { email: 'ada@example.com', password: PASSWORD, address: HOME };
let on: TestAuth;
let userId: string;

beforeAll(async () => {
  on = await openTestAuth();
  ({ userId } = await on.auth.register({ ...ATTEMPT, name: 'Ada' }));
});
beforeEach(() => on.test.db.query('TRUNCATE sign_in_attempts'));
afterAll(() => on[Symbol.asyncDispose]());

const pass = (ms: number): void => {
  on.time.now = new Date(on.time.now.getTime() + ms);
};

describe('signOut', () => {
  it('ends one session, by its refresh token, and no other', async () => {
    const [mine, other] = [await on.auth.signIn(ATTEMPT), await on.auth.signIn(ATTEMPT)];
    await on.auth.signOut(mine);
    await expect(on.auth.refresh(mine)).rejects.toMatchObject({ code: 'TOKEN_REVOKED' });
    expect(await on.isWithdrawn(mine.accessToken)).toBe(true);
    expect(await on.isWithdrawn(other.accessToken)).toBe(false);
    expect(await on.auth.refresh(other)).toMatchObject({ expiresIn: 900 });
  });

  it('ends the session of an access token', async () => {
    const held = await on.auth.signIn(ATTEMPT);
    const { sessionId } = await on.verifier.verify(held.accessToken);
    await on.auth.signOut({ userId, sessionId });
    await expect(on.auth.refresh(held)).rejects.toMatchObject({ code: 'TOKEN_REVOKED' });
    expect(await on.isWithdrawn(held.accessToken)).toBe(true);
  });

  it('ends the session by a token that was replaced, too', async () => {
    const first = await on.auth.signIn(ATTEMPT);
    const second = await on.auth.refresh(first);
    await on.auth.signOut(first);
    await expect(on.auth.refresh(second)).rejects.toMatchObject({ code: 'TOKEN_REVOKED' });
  });

  it('is no error twice, nor for what never was', async () => {
    const held = await on.auth.signIn(ATTEMPT);
    await on.auth.signOut(held);
    await on.auth.signOut(held);
    await on.auth.signOut({ refreshToken: `' OR 1=1 --` });
    await on.auth.signOut({ userId, sessionId: UNKNOWN });
    await on.auth.signOut({ userId: UNKNOWN, sessionId: UNKNOWN });
    const { rows } = await on.test.db.query(
      `SELECT count(*)::integer AS ended FROM audit_log
       WHERE action = 'session.ended' AND details ->> 'session' = (
         SELECT session_id::text FROM auth_tokens WHERE revoked_at IS NOT NULL ORDER BY created_at DESC LIMIT 1)`,
    );
    expect(rows).toStrictEqual([{ ended: 1 }]);
  });

  it('does not end the session of another user', async () => {
    const held = await on.auth.signIn(ATTEMPT);
    const { sessionId } = await on.verifier.verify(held.accessToken);
    await on.auth.signOut({ userId: UNKNOWN, sessionId });
    expect(await on.auth.refresh(held)).toMatchObject({ expiresIn: 900 });
  });
});

describe('signOutEverywhere', () => {
  it('ends all sessions, and leaves API tokens to be revoked one by one', async () => {
    const held = await on.auth.signIn(ATTEMPT);
    const browser = await on.auth.startSession(ATTEMPT);
    const apiToken = await on.auth.createApiToken({ userId, name: 'nightly' });
    await on.auth.signOutEverywhere({ userId });
    await expect(on.auth.refresh(held)).rejects.toMatchObject({ code: 'TOKEN_REVOKED' });
    await expect(on.auth.openSession(browser)).rejects.toMatchObject({ code: 'TOKEN_REVOKED' });
    expect(await on.isWithdrawn(held.accessToken)).toBe(true);
    expect(await on.isWithdrawn(browser.accessToken)).toBe(true);
    const { accessToken } = await on.auth.exchangeApiToken(apiToken);
    expect(await on.isWithdrawn(accessToken)).toBe(false);
    expect(await on.isWithdrawn((await on.auth.signIn(ATTEMPT)).accessToken)).toBe(false);
  });

  it('leaves nothing behind of refreshes that come at the same moment', async () => {
    for (let round = 0; round < 5; round += 1) {
      const pairs = await Promise.all(Array.from({ length: 4 }, () => on.auth.signIn(ATTEMPT)));
      const refreshes = Promise.allSettled(pairs.map((pair) => on.auth.refresh(pair)));
      await on.auth.signOutEverywhere({ userId });
      const won = (await refreshes).filter((each) => each.status === 'fulfilled').map(({ value }) => value);
      for (const pair of [...pairs, ...won]) expect(await on.isWithdrawn(pair.accessToken)).toBe(true);
      const { rowCount } = await on.test.db.query(
        `SELECT FROM auth_tokens WHERE token_type = 'refresh' AND revoked_at IS NULL`,
      );
      expect(rowCount).toBe(0);
    }
  });

  it('is for users', async () => {
    await expect(on.auth.signOutEverywhere({ userId: UNKNOWN })).rejects.toMatchObject({ code: 'USER_UNKNOWN' });
  });
});

describe('a browser session', () => {
  it('gives access tokens for as long as it is used, its token staying the same', async () => {
    const { sessionToken, accessToken, expiresAt } = await on.auth.startSession(ATTEMPT);
    expect(expiresAt).toStrictEqual(new Date(on.time.now.getTime() + 30 * DAY));
    const { sessionId } = await on.verifier.verify(accessToken);
    for (const days of [29, 29, 29]) {
      pass(days * DAY);
      const opened = await on.auth.openSession({ sessionToken });
      expect(await on.verifier.verify(opened.accessToken)).toMatchObject({ userId, sessionId });
    }
    const { expiresAt: end } = await on.auth.openSession({ sessionToken });
    expect(end).toStrictEqual(new Date(on.time.now.getTime() + 3 * DAY));
    pass(3 * DAY);
    await expect(on.auth.openSession({ sessionToken })).rejects.toMatchObject({ code: 'TOKEN_EXPIRED' });
  });

  it('is opened by many pages at once', async () => {
    const { sessionToken } = await on.auth.startSession(ATTEMPT);
    const opened = await Promise.all(Array.from({ length: 12 }, () => on.auth.openSession({ sessionToken })));
    expect(new Set(opened.map(({ accessToken }) => accessToken)).size).toBe(12);
  });

  it('ends', async () => {
    const { sessionToken, accessToken } = await on.auth.startSession(ATTEMPT);
    await on.auth.endSession({ sessionToken });
    await on.auth.endSession({ sessionToken });
    await on.auth.endSession({ sessionToken: 'nobody’s' });
    await expect(on.auth.openSession({ sessionToken })).rejects.toMatchObject({ code: 'TOKEN_REVOKED' });
    expect(await on.isWithdrawn(accessToken)).toBe(true);
  });

  it('is not opened by a token of another kind', async () => {
    const { refreshToken } = await on.auth.signIn(ATTEMPT);
    await expect(on.auth.openSession({ sessionToken: refreshToken })).rejects.toMatchObject({ code: 'TOKEN_INVALID' });
  });

  it('is refused to a deactivated user', async () => {
    const { sessionToken } = await on.auth.startSession(ATTEMPT);
    await on.auth.deactivate({ userId, actorId: userId });
    await expect(on.auth.openSession({ sessionToken })).rejects.toMatchObject({ code: 'ACCOUNT_INACTIVE' });
    await on.auth.activate({ userId, actorId: userId });
  });
});
