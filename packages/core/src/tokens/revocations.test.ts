import { createDatabasePool } from '@atriz/database';
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { openTestDatabase, type TestDatabase } from '../../test/database.ts';
import { openGate } from '../../test/gate.ts';
import { followRevocations } from './revocations.ts';

const POLL_NEVER = 3_600_000;
let test: TestDatabase;

beforeAll(async () => {
  test = await openTestDatabase();
});
afterAll(() => test[Symbol.asyncDispose]());

const revoke = (subjectId: string, leastVersion: number | null = null): Promise<unknown> =>
  test.db.query(
    `INSERT INTO token_revocations (subject_id, least_version) VALUES ($1, $2)
     ON CONFLICT (subject_id) DO UPDATE SET least_version = excluded.least_version, revoked_at = now()`,
    [subjectId, leastVersion],
  );
const tokenOf = (userId: string, version = 3) => ({ userId, sessionId: randomUUID(), version });

/** As the read-only role, which an application has in the shared database, and with an application name, by which the tests find its backend. */
async function openFollower(options: { pollMs?: number; told?: string[] } = {}) {
  const name = `follower-${randomUUID()}`;
  const { pollMs = POLL_NEVER, told = [] } = options;
  const tell = (_: object, message: string) => void told.push(message);
  await using opened = new AsyncDisposableStack();
  const pool = opened.use(
    createDatabasePool({ connectionString: test.readConnectionString, application_name: name, max: 1 }),
  );
  const revocations = opened.use(
    await followRevocations({ pool, pollMs, logger: { info: tell, warn: tell, error: tell } }),
  );
  const all = opened.move();
  return { name, revocations, [Symbol.asyncDispose]: () => all.disposeAsync() };
}

async function endBackend(name: string): Promise<boolean> {
  const { rowCount } = await test.db.query(
    'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1',
    [name],
  );
  return rowCount === 1;
}

describe('followRevocations', () => {
  it('knows from the start what was revoked before', async () => {
    const user = randomUUID();
    await revoke(user, 4);
    await using follower = await openFollower();
    expect(follower.revocations.isRevoked(tokenOf(user, 3))).toBe(true);
    expect(follower.revocations.isRevoked(tokenOf(user, 4))).toBe(false);
    expect(follower.revocations.state()).toMatchObject({ following: true, readAt: expect.any(Date) });
  });

  it('hears at once of a user, of a session, and of a user again', async () => {
    await using follower = await openFollower();
    const [userId, sessionId] = [randomUUID(), randomUUID()];
    const isRevoked = (version: number) => follower.revocations.isRevoked({ userId, sessionId, version });
    await revoke(userId, 2);
    await vi.waitFor(() => expect(isRevoked(1)).toBe(true), { interval: 5 });
    expect(isRevoked(2)).toBe(false);
    await revoke(userId, 5);
    await vi.waitFor(() => expect(isRevoked(4)).toBe(true), { interval: 5 });
    expect(isRevoked(5)).toBe(false);
    await revoke(sessionId);
    await vi.waitFor(() => expect(isRevoked(5)).toBe(true), { interval: 5 });
  });

  it('hears of a thousand at once', async () => {
    await using follower = await openFollower();
    const users = Array.from({ length: 1000 }, () => randomUUID());
    await Promise.all(users.map((user) => revoke(user, 9)));
    await vi.waitFor(() => {
      expect(users.filter((user) => !follower.revocations.isRevoked(tokenOf(user)))).toStrictEqual([]);
    });
  });

  it('finds by polling what no notification told of', async () => {
    await using follower = await openFollower({ pollMs: 50 });
    const user = randomUUID();
    await test.db.query('ALTER TABLE token_revocations DISABLE TRIGGER token_revocations_tell');
    await revoke(user, 9);
    await test.db.query('ALTER TABLE token_revocations ENABLE TRIGGER token_revocations_tell');
    await vi.waitFor(() => expect(follower.revocations.isRevoked(tokenOf(user))).toBe(true));
  });

  it('finds what was revoked while its connection was gone, and says both once', async () => {
    const told: string[] = [];
    await using follower = await openFollower({ told });
    const users = Array.from({ length: 20 }, () => randomUUID());
    const revoking = (async () => {
      for (const user of users) await revoke(user, 9);
    })();
    expect(await endBackend(follower.name)).toBe(true);
    await revoking;
    await vi.waitFor(
      () => expect(users.filter((user) => !follower.revocations.isRevoked(tokenOf(user)))).toStrictEqual([]),
      { timeout: 10_000 },
    );
    await vi.waitFor(() => expect(follower.revocations.state().following).toBe(true), { timeout: 10_000 });
    expect(told).toStrictEqual([
      'revocations cannot be followed; those known still count',
      'revocations are followed again',
    ]);
  });

  it('believes the table and not what a notification says', async () => {
    await using follower = await openFollower();
    const [forged, real] = [randomUUID(), randomUUID()];
    for (const payload of ['', 'nonsense', '{"subjectId":1}', '[]', JSON.stringify({ subjectId: forged })]) {
      await test.db.query('SELECT pg_notify($1, $2)', ['token_revocations', payload]);
    }
    await revoke(real, 9);
    await vi.waitFor(() => expect(follower.revocations.isRevoked(tokenOf(real))).toBe(true), { interval: 5 });
    expect(follower.revocations.isRevoked(tokenOf(forged, 0))).toBe(false);
  });

  it('starts without the shared database, and finds it when it is there', async () => {
    await using gate = await openGate(test.connectionString);
    await using pool = createDatabasePool({ connectionString: gate.connectionString, max: 1 });
    const user = randomUUID();
    await revoke(user, 9);
    await using revocations = await followRevocations({ pool });
    expect(revocations.isRevoked(tokenOf(user))).toBe(false);
    expect(revocations.state()).toStrictEqual({ following: false, readAt: undefined });
    gate.open();
    await vi.waitFor(() => expect(revocations.isRevoked(tokenOf(user))).toBe(true), { timeout: 10_000 });
    expect(revocations.state().following).toBe(true);
  });

  it('goes on with what it knows while the shared database is away', async () => {
    await using gate = await openGate(test.connectionString);
    gate.open();
    await using pool = createDatabasePool({ connectionString: gate.connectionString, max: 1 });
    const user = randomUUID();
    await revoke(user, 9);
    await using revocations = await followRevocations({ pool });
    gate.close();
    await vi.waitFor(() => expect(revocations.state().following).toBe(false), { timeout: 10_000 });
    expect(revocations.isRevoked(tokenOf(user))).toBe(true);
  });

  it('ends at once, also while it waits for a connection', async () => {
    await using pool = createDatabasePool({ connectionString: test.connectionString, max: 1 });
    const held = await pool.pool.connect();
    const started = performance.now();
    const revocations = await followRevocations({ pool, startMs: 50 });
    await revocations[Symbol.asyncDispose]();
    held.release();
    expect(performance.now() - started).toBeLessThan(2000);
  });
});
