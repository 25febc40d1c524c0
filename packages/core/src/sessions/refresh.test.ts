import { setTimeout } from 'node:timers/promises';
import { createDatabasePool, type DatabasePool } from '@atriz/database';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HOME, openTestAuth, PASSWORD, type TestAuth } from '../../test/auth.ts';
import type { TokenPair } from './sessions.ts';

const MINUTE = 60_000;
const DAY = 86_400_000;
let on: TestAuth;
let userId: string;

beforeAll(async () => {
  on = await openTestAuth();
  ({ userId } = await on.auth.register({ email: 'ada@example.com', password: PASSWORD, name: 'Ada', address: HOME }));
});
afterAll(() => on[Symbol.asyncDispose]());

const signIn = (): Promise<TokenPair> =>
  on.auth.signIn({ email: 'ada@example.com', password: PASSWORD, address: HOME });

const pass = (ms: number): void => {
  on.time.now = new Date(on.time.now.getTime() + ms);
};

const auditOf = async (action: string): Promise<number> => {
  const { rowCount } = await on.test.db.query('SELECT FROM audit_log WHERE action = $1 AND user_id = $2', [
    action,
    userId,
  ]);
  return rowCount!;
};

describe('refresh', () => {
  it('replaces the token at every use, within one session', async () => {
    const first = await signIn();
    const second = await on.auth.refresh(first);
    const third = await on.auth.refresh(second);
    expect(new Set([first, second, third].map(({ refreshToken }) => refreshToken)).size).toBe(3);
    const [begun, goesOn] = await Promise.all([first, third].map(({ accessToken }) => on.verifier.verify(accessToken)));
    expect(goesOn!.sessionId).toBe(begun!.sessionId);
  });

  it('ends the whole session when a token comes that was replaced', async () => {
    const before = await auditOf('refresh_token.reused');
    const first = await signIn();
    const second = await on.auth.refresh(first);
    const third = await on.auth.refresh(second);
    await expect(on.auth.refresh(first)).rejects.toMatchObject({ code: 'TOKEN_REUSED' });
    await expect(on.auth.refresh(third)).rejects.toMatchObject({ code: 'TOKEN_REVOKED' });
    await expect(on.auth.refresh(second)).rejects.toMatchObject({ code: 'TOKEN_REUSED' });
    expect(await Promise.all([first, second, third].map((pair) => on.isWithdrawn(pair.accessToken)))).toStrictEqual([
      true,
      true,
      true,
    ]);
    expect(await auditOf('refresh_token.reused')).toBe(before + 1);
  });

  it('leaves other sessions of the same user alone when one was ended for reuse', async () => {
    const stolen = await signIn();
    const other = await signIn();
    await on.auth.refresh(stolen);
    await expect(on.auth.refresh(stolen)).rejects.toMatchObject({ code: 'TOKEN_REUSED' });
    expect(await on.isWithdrawn(other.accessToken)).toBe(false);
    expect(await on.auth.refresh(other)).toMatchObject({ expiresIn: 900 });
  });

  it('lets exactly one of eight win that come at once, over two processes, and its session goes on', async () => {
    const another = on.another();
    const pair = await signIn();
    await using blocker = createDatabasePool({ connectionString: on.test.connectionString, max: 2 });
    const client = await blocker.pool.connect();
    await client.query('BEGIN');
    await client.query(`SELECT FROM auth_tokens WHERE replaced_at IS NULL AND user_id = $1 FOR UPDATE`, [userId]);
    const all = Promise.allSettled(
      Array.from({ length: 8 }, (_, index) => (index % 2 ? on.auth : another).refresh(pair)),
    );
    await waitForLocks(blocker, 8);
    await client.query('COMMIT');
    client.release();
    const won = (await all).filter((each) => each.status === 'fulfilled');
    const lost = (await all).filter((each) => each.status === 'rejected');
    expect(won).toHaveLength(1);
    expect(lost.map(({ reason }) => (reason as { code: string }).code)).toStrictEqual(
      Array<string>(7).fill('TOKEN_REUSED'),
    );
    expect(await on.isWithdrawn(won[0]!.value.accessToken)).toBe(false);
    expect(await on.auth.refresh(won[0]!.value)).toMatchObject({ expiresIn: 900 });
  });

  it('goes on for 30 days without use, and not for longer', async () => {
    const held = await signIn();
    pass(30 * DAY - MINUTE);
    const next = await on.auth.refresh(held);
    pass(30 * DAY);
    await expect(on.auth.refresh(next)).rejects.toMatchObject({ code: 'TOKEN_EXPIRED' });
  });

  it('ends after 90 days, however often it is used', async () => {
    let held = await signIn();
    for (const days of [25, 25, 25, 14]) {
      pass(days * DAY);
      held = await on.auth.refresh(held);
    }
    pass(DAY);
    await expect(on.auth.refresh(held)).rejects.toMatchObject({ code: 'TOKEN_EXPIRED' });
  });

  it.each([
    ['nothing', ''],
    ['an unknown token', 'A'.repeat(43)],
    ['SQL', `' OR 1=1; --`],
    ['a NUL', '\0'],
  ])('knows %s for no token of ours', async (_, refreshToken) => {
    await expect(on.auth.refresh({ refreshToken })).rejects.toMatchObject({ code: 'TOKEN_INVALID' });
  });

  it('takes no token of another kind', async () => {
    const session = { email: 'ada@example.com', password: PASSWORD, address: HOME };
    const { sessionToken } = await on.auth.startSession(session);
    await expect(on.auth.refresh({ refreshToken: sessionToken })).rejects.toMatchObject({ code: 'TOKEN_INVALID' });
  });

  it('refuses a deactivated user, and what was held stays withdrawn when they are back', async () => {
    const held = await signIn();
    await on.auth.deactivate({ userId, actorId: userId });
    await expect(on.auth.refresh(held)).rejects.toMatchObject({ code: 'ACCOUNT_INACTIVE' });
    await on.auth.activate({ userId, actorId: userId });
    await expect(on.auth.refresh(held)).rejects.toMatchObject({ code: 'TOKEN_REVOKED' });
  });
});

async function waitForLocks(db: DatabasePool, count: number): Promise<void> {
  const waiting = `
    SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`;
  while ((await db.query(waiting)).rowCount !== count) await setTimeout(10);
}
