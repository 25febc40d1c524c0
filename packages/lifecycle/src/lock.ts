import { setTimeout as wait } from 'node:timers/promises';
import { AtrizError } from '@atriz/database';
import type pg from 'pg';
import type { Context } from './context.ts';
import { adviseOn, describeHolder, looksStranded, readLockHolder, type LockHolder } from './lock-holder.ts';
import { refusePooler } from './pooler.ts';
import type { Target } from './target.ts';

/** The advisory lock that node-pg-migrate takes too, so that its own command and ours never run at once. */
const LOCK_ID = '7241865325823964';
const DEFAULT_WAIT_MS = 600_000;
const FIRST_PAUSE_MS = 20;
const LAST_PAUSE_MS = 500;

/** A dead client's backend then notices within two seconds, mid-statement too; PostgreSQL 14 and newer know how. */
const NOTICE_DEAD_CLIENT = `
SELECT set_config('client_connection_check_interval', '2s', false)
 WHERE current_setting('client_connection_check_interval', true) IS NOT NULL`;

/**
 * Runs `work` while no other migration, seed or clean of this database runs. Throws `LOCK_TIMEOUT`, naming the
 * holder, after `context.lockWaitMs`, and `POOLER_IN_THE_WAY` before it does anything on a session that is not its own.
 *
 * It asks again and again instead of waiting inside `pg_advisory_lock`: a session that waits there holds a snapshot,
 * which CREATE INDEX CONCURRENTLY in the session that holds the lock would wait for in turn.
 */
export async function withMigrationLock<Result>(
  client: pg.Client,
  target: Target,
  { onProgress, signal, lockWaitMs = DEFAULT_WAIT_MS }: Context,
  work: () => Promise<Result>,
): Promise<Result> {
  await refusePooler(client, target);
  await client.query(NOTICE_DEAD_CLIENT);
  const deadline = performance.now() + lockWaitMs;
  let warned = false;
  for (let pause = FIRST_PAUSE_MS; !(await tryLock(client)); pause = Math.min(pause * 1.5, LAST_PAUSE_MS)) {
    const holder = await readLockHolder(client, LOCK_ID);
    if (pause === FIRST_PAUSE_MS) onProgress?.(`waiting for ${describeHolder(holder)}`);
    if (!warned && holder !== undefined && looksStranded(holder)) {
      warned = true;
      onProgress?.(`waiting for ${describeHolder(holder)}; ${adviseOn(holder)}`);
    }
    if (performance.now() > deadline) throw timeout(lockWaitMs, holder);
    await wait(pause * (0.5 + Math.random()), undefined, signal ? { signal } : {});
  }
  try {
    return await work();
  } finally {
    await unlock(client);
  }
}

async function tryLock(client: pg.Client): Promise<boolean> {
  const { rows } = await client.query<{ locked: boolean }>(`SELECT pg_try_advisory_lock(${LOCK_ID}) AS locked`);
  return rows[0]!.locked;
}

/** Releases the lock for the rest of the session; when even that fails, the end of the session does it. */
async function unlock(client: pg.Client): Promise<void> {
  try {
    await client.query(`SELECT pg_advisory_unlock(${LOCK_ID})`);
  } catch {
    // in a failed transaction, or the connection is gone; the caller's error says more than this one
  }
}

function timeout(waitMs: number, holder: LockHolder | undefined): AtrizError {
  const message = `waited ${waitMs / 1000} s for ${describeHolder(holder)}`;
  return new AtrizError('LOCK_TIMEOUT', message, { hint: adviseOn(holder) });
}
