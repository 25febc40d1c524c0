import { setTimeout as wait } from 'node:timers/promises';
import { createDatabasePool, type DatabasePoolOptions } from '@atriz/database';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { copyFamily, type FamilyCopy } from './harness/family-copy.ts';
import type { Server } from './harness/server.ts';

const LEAVER = '00000000-0000-4000-8000-000000000001';
const SELLER = '00000000-0000-4000-8000-000000000002';
const VEHICLE = '00000000-0000-4000-8000-000000000003';

let family: FamilyCopy;
let server: Server;
beforeAll(async () => {
  family = await copyFamily();
  await family.atriz(['setup']);
  server = await family.server();
  await server.query(
    'atriz_shared',
    `INSERT INTO users (id, email, password_hash, name)
     VALUES ('${LEAVER}', 'leaver@example.com', 'x', 'Leaver'), ('${SELLER}', 'seller@example.com', 'x', 'Seller');
     INSERT INTO user_roles SELECT '${LEAVER}', id FROM roles WHERE name = 'member'`,
  );
  await server.query(
    'mextrack_db',
    `INSERT INTO vehicles (id, user_id, plate, name) VALUES ('${VEHICLE}', '${LEAVER}', 'GONE 1', 'x');
     INSERT INTO tracking_data (vehicle_id, recorded_at, latitude, longitude)
     SELECT '${VEHICLE}', now() - n * interval '1 minute', 50, 8 FROM generate_series(1, 50) n`,
  );
  await server.query(
    'atriz_db',
    `INSERT INTO user_profiles (user_id, handle, display_name) VALUES ('${LEAVER}', 'leaver', 'Leaver');
     INSERT INTO user_preferences (user_id) VALUES ('${LEAVER}');
     INSERT INTO contact_messages (user_id, name, email, subject, body)
     VALUES ('${LEAVER}', 'Leaver', 'leaver@example.com', 'Bye', 'Bye')`,
  );
  await server.query(
    'pshop_db',
    `UPDATE sales SET user_id = '${SELLER}' WHERE id = (SELECT min(id::text)::uuid FROM sales)`,
  );
});
afterAll(() => family[Symbol.asyncDispose]());

async function count(database: string, from: string): Promise<number> {
  return (await server.query<{ rows: number }>(database, `SELECT count(*)::int AS rows FROM ${from}`))[0]!.rows;
}

/** What is left of the leaver, database by database. */
async function readRemains(): Promise<Record<string, number>> {
  return {
    user: await count('atriz_shared', `users WHERE id = '${LEAVER}'`),
    vehicles: await count('mextrack_db', `vehicles WHERE user_id = '${LEAVER}'`),
    positions: await count('mextrack_db', `tracking_data WHERE vehicle_id = '${VEHICLE}'`),
    profile: await count('atriz_db', `user_profiles WHERE user_id = '${LEAVER}'`),
    preferences: await count('atriz_db', `user_preferences WHERE user_id = '${LEAVER}'`),
    ownMessages: await count('atriz_db', `contact_messages WHERE user_id = '${LEAVER}'`),
    messages: await count('atriz_db', `contact_messages WHERE email = 'leaver@example.com'`),
  };
}

async function readLog(user: string): Promise<object[]> {
  return server.query('atriz_shared', 'SELECT action, details FROM audit_log WHERE user_id = $1 ORDER BY id', [user]);
}

/** Runs `work` once the command waits for the lock of this number in a database, and releases it then. */
async function whenItWaits(database: string, lock: number, work: () => Promise<void>): Promise<void> {
  await using db = createDatabasePool({ ...server.parameters, database, max: 1 } as DatabasePoolOptions);
  await db.query('SELECT pg_advisory_lock($1)', [lock]);
  for (let waiting = false; !waiting; await wait(20)) {
    const { rowCount } = await db.query(
      `SELECT FROM pg_locks WHERE locktype = 'advisory' AND objid = $1 AND NOT granted
          AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
      [lock],
    );
    waiting = rowCount !== 0;
  }
  await work();
}

test('a deletion that is killed half-way is finished by the next run, over all databases, and the log tells of it', async () => {
  const logged = (await readLog(LEAVER)).length;
  await server.query(
    'atriz_shared',
    `INSERT INTO user_deletions (user_id, requested_by) VALUES ('${LEAVER}', '${LEAVER}')`,
  );
  // The first DELETE is the question whether the table would let it happen; the second is meant.
  await server.query(
    'atriz_db',
    `CREATE SEQUENCE deeds;
     CREATE FUNCTION meet() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
     BEGIN PERFORM pg_advisory_xact_lock(nextval('deeds')); RETURN NULL; END $$;
     CREATE TRIGGER meet BEFORE DELETE ON user_profiles FOR EACH STATEMENT EXECUTE FUNCTION meet()`,
  );
  const command = family.start(['maintain'], { in: 'packages/core' });
  await whenItWaits('atriz_db', 2, async () => {
    command.child.kill('SIGKILL');
    await command.result;
  });
  await server.query('atriz_db', 'DROP TRIGGER meet ON user_profiles; DROP FUNCTION meet; DROP SEQUENCE deeds');
  await expect(readRemains()).resolves.toMatchObject({ user: 1, vehicles: 0, positions: 0, preferences: 1 });
  await expect(readLog(LEAVER)).resolves.toHaveLength(logged + 1);

  const { code, stdout } = await family.atriz(['maintain', '--json']);
  expect(code).toBe(0);
  const changed = {
    'mextrack_db.vehicles.user_id': 1,
    'atriz_db.user_preferences.user_id': 1,
    'atriz_db.contact_messages.user_id': 1,
  };
  const { databases } = JSON.parse(stdout) as { databases: object[] };
  expect(databases).toMatchObject([
    { name: 'atriz_shared', status: 'done', busy: false, deletions: [{ key: LEAVER, state: 'done', changed }] },
    { name: 'atriz_db', deletions: [] },
    { name: 'mextrack_db', partitions: [{ function: 'create_tracking_partitions' }] },
    { name: 'pshop_db', partitions: [], deletions: [] },
  ]);
  await expect(readRemains()).resolves.toEqual({
    user: 0,
    vehicles: 0,
    positions: 0,
    profile: 0,
    preferences: 0,
    ownMessages: 0,
    messages: 1,
  });
  expect((await readLog(LEAVER)).slice(logged)).toMatchObject([
    { action: 'user_deletion.requested', details: { requested_by: LEAVER } },
    { action: 'user.deleted', details: {} },
    { action: 'role.revoked', details: { role: 'member' } },
    { action: 'user_deletion.done', details: changed },
  ]);
});

test('a user who sold something stays, with the reason, and the log tells that too', async () => {
  await server.query('atriz_shared', `INSERT INTO user_deletions (user_id) VALUES ('${SELLER}')`);
  const { code, stdout } = await family.atriz(['maintain'], { in: 'packages/core' });
  const reason = `atriz_shared.users.id ${SELLER} is referred to by 1 row of pshop_db.sales.user_id; nothing was changed`;
  expect(code).toBe(0);
  expect(stdout).toMatch(/^atriz_shared +1 deletion refused /);
  expect(stdout).toContain(`  ${SELLER} stays: ${reason}\n`);
  expect((await readLog(SELLER)).slice(1)).toMatchObject([
    { action: 'user_deletion.requested' },
    { action: 'user_deletion.refused', details: { reason } },
  ]);
});

test('partitions are there for months to come, the log is whole, and a second run has nothing to do', async () => {
  await expect(family.atriz(['maintain'])).resolves.toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^atriz_shared +nothing to do /) as string,
  });
  const partitions = await server.query<{ name: string }>(
    'atriz_shared',
    `SELECT relname AS name FROM pg_class WHERE relkind = 'r' AND relname ~ '^audit_log_\\d' ORDER BY 1`,
  );
  expect(partitions).toHaveLength(4);
  await expect(server.query('atriz_shared', 'SELECT FROM audit_log_default')).resolves.toEqual([]);
  await expect(family.atriz(['audit', 'verify'])).resolves.toMatchObject({ code: 0, stderr: '' });
  await expect(family.atriz(['roles', 'check'])).resolves.toMatchObject({ code: 0, stderr: '' });
  const { stdout } = await family.atriz(['history'], { in: 'packages/core' });
  expect(stdout).toMatch(/ maintain +done /);
});
