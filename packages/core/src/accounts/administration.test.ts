import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { HOME, openTestAuth, PASSWORD, type TestAuth } from '../../test/auth.ts';

const ADMIN = '11111111-1111-4111-8111-111111111111';
const UNKNOWN = '99999999-9999-4999-8999-999999999999';
const ATTEMPT = { email: 'ada@example.com', password: PASSWORD, address: HOME };
let on: TestAuth;
let userId: string;

beforeAll(async () => {
  on = await openTestAuth();
});
beforeEach(async () => {
  await on.test.db.query('DELETE FROM users');
  await on.test.db.query('TRUNCATE sign_in_attempts');
  ({ userId } = await on.auth.register({ ...ATTEMPT, name: 'Ada' }));
});
afterAll(() => on[Symbol.asyncDispose]());

const rolesOf = async (accessToken: string): Promise<readonly string[]> =>
  (await on.verifier.verify(accessToken)).roles;

const auditOf = async (): Promise<unknown[]> => {
  const { rows } = await on.test.db.query(
    `SELECT action, details FROM audit_log WHERE user_id = $1 AND actor_id = $2 ORDER BY id`,
    [userId, ADMIN],
  );
  return rows;
};

describe('roles', () => {
  it('are in the tokens that are made after they were granted; those from before stay good', async () => {
    const before = await on.auth.signIn(ATTEMPT);
    await on.auth.grantRole({ userId, role: 'manager', actorId: ADMIN });
    await on.auth.grantRole({ userId, role: 'manager', actorId: ADMIN });
    const after = await on.auth.refresh(before);
    expect(await rolesOf(after.accessToken)).toStrictEqual(['manager', 'member']);
    expect(await on.isWithdrawn(before.accessToken)).toBe(false);
    expect(await auditOf()).toStrictEqual([{ action: 'role.granted', details: { role: 'manager' } }]);
  });

  it('are gone with the tokens that know of them when they are revoked; the session goes on', async () => {
    await on.auth.grantRole({ userId, role: 'admin', actorId: ADMIN });
    const before = await on.auth.signIn(ATTEMPT);
    await on.auth.revokeRole({ userId, role: 'admin', actorId: ADMIN });
    await on.auth.revokeRole({ userId, role: 'admin', actorId: ADMIN });
    expect(await on.isWithdrawn(before.accessToken)).toBe(true);
    const after = await on.auth.refresh(before);
    expect(await rolesOf(after.accessToken)).toStrictEqual(['member']);
    expect(await on.isWithdrawn(after.accessToken)).toBe(false);
  });

  it('that were revoked are in no good token, whatever was made at the same moment', async () => {
    for (let round = 0; round < 5; round += 1) {
      await on.auth.grantRole({ userId, role: 'admin', actorId: ADMIN });
      const { sessionToken } = await on.auth.startSession(ATTEMPT);
      const [opened] = await Promise.all([
        Promise.all(Array.from({ length: 6 }, () => on.auth.openSession({ sessionToken }))),
        on.auth.revokeRole({ userId, role: 'admin', actorId: ADMIN }),
      ]);
      for (const { accessToken } of opened) {
        const knowsRole = (await rolesOf(accessToken)).includes('admin');
        expect(await on.isWithdrawn(accessToken)).toBe(knowsRole);
      }
    }
  });

  it('are those of the database, of a user that there is', async () => {
    await expect(on.auth.grantRole({ userId: UNKNOWN, role: 'admin', actorId: ADMIN })).rejects.toMatchObject({
      code: 'USER_UNKNOWN',
    });
    await expect(on.auth.revokeRole({ userId: 'nobody', role: 'admin', actorId: ADMIN })).rejects.toMatchObject({
      code: 'USER_UNKNOWN',
    });
    const role = `x'; DROP TABLE roles; --` as 'admin';
    await expect(on.auth.grantRole({ userId, role, actorId: ADMIN })).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});

describe('deactivate', () => {
  it('ends everything that was open and refuses sign-in, until the account is activated', async () => {
    const held = await on.auth.signIn(ATTEMPT);
    await on.auth.deactivate({ userId, actorId: ADMIN });
    expect(await on.isWithdrawn(held.accessToken)).toBe(true);
    await expect(on.auth.signIn(ATTEMPT)).rejects.toMatchObject({ code: 'ACCOUNT_INACTIVE' });
    await on.auth.activate({ userId, actorId: ADMIN });
    const again = await on.auth.signIn(ATTEMPT);
    expect(await on.isWithdrawn(again.accessToken)).toBe(false);
    expect(await auditOf()).toStrictEqual([
      { action: 'user.deactivated', details: {} },
      { action: 'user.activated', details: {} },
    ]);
  });

  it('leaves no session to a sign-in that comes at the same moment', async () => {
    for (let round = 0; round < 5; round += 1) {
      const [signedIn] = await Promise.all([
        Promise.allSettled(Array.from({ length: 4 }, () => on.auth.signIn(ATTEMPT))),
        on.auth.deactivate({ userId, actorId: ADMIN }),
      ]);
      for (const { accessToken } of signedIn.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []))) {
        expect(await on.isWithdrawn(accessToken)).toBe(true);
      }
      const { rowCount } = await on.test.db.query('SELECT FROM auth_tokens WHERE revoked_at IS NULL');
      expect(rowCount).toBe(0);
      await on.auth.activate({ userId, actorId: ADMIN });
    }
  });

  it('is of users', async () => {
    for (const change of [on.auth.deactivate, on.auth.activate, on.auth.delete]) {
      await expect(change({ userId: UNKNOWN, actorId: ADMIN })).rejects.toMatchObject({ code: 'USER_UNKNOWN' });
    }
  });
});

describe('delete', () => {
  it('deactivates at once and asks for the rest, once', async () => {
    const held = await on.auth.signIn(ATTEMPT);
    await on.auth.delete({ userId, actorId: userId });
    await on.auth.delete({ userId, actorId: ADMIN });
    expect(await on.isWithdrawn(held.accessToken)).toBe(true);
    await expect(on.auth.refresh(held)).rejects.toMatchObject({ code: 'ACCOUNT_INACTIVE' });
    const { rows } = await on.test.db.query('SELECT state, requested_by FROM user_deletions WHERE user_id = $1', [
      userId,
    ]);
    expect(rows).toStrictEqual([{ state: 'requested', requested_by: userId }]);
  });

  it('asks again for what was refused', async () => {
    await on.auth.delete({ userId, actorId: userId });
    await on.test.db.query(
      `UPDATE user_deletions SET state = 'refused', reason = 'sales', finished_at = now() WHERE user_id = $1`,
      [userId],
    );
    await on.auth.delete({ userId, actorId: ADMIN });
    const { rows } = await on.test.db.query(
      'SELECT state, requested_by, reason FROM user_deletions WHERE user_id = $1',
      [userId],
    );
    expect(rows).toStrictEqual([{ state: 'requested', requested_by: ADMIN, reason: null }]);
  });
});
