import { setTimeout as wait } from 'node:timers/promises';
import { refusePooler, requireIdentity, withSession, type Target } from '@atriz/lifecycle';
import type pg from 'pg';
import { createSlotTable } from './slot-ledger.ts';

/** Whoever holds it in the shared database is the one scheduler that runs anything. */
const LOCK_ID = '7241865325823967';

const POLL_MS = 5000;
/** An answer that takes longer is none. Well before the server gives a silent client's lock to another. */
const PATIENCE_MS = 10_000;

/**
 * The server notices within 35 s that a client's machine is gone, and frees its lock; without, it may take hours. The
 * leader itself gives up after 15 s, so that two never run at once.
 */
const NOTICE_DEAD_CLIENT = `
SELECT set_config('tcp_keepalives_idle', '20', false), set_config('tcp_keepalives_interval', '5', false),
       set_config('tcp_keepalives_count', '3', false)`;

export interface LeaderOptions {
  readonly signal?: AbortSignal | undefined;
  /** How often another scheduler is looked at, and one's own session. Default 5,000 ms. */
  readonly pollMs?: number | undefined;
  /** How long an answer of the server may take before its session counts as lost. Default 10,000 ms. */
  readonly patienceMs?: number | undefined;
  /** Told once when another scheduler is the leader. */
  readonly onFollow?: (() => void) | undefined;
  /** Give up at once where another is the leader: resolves to undefined. Default false: wait for one's turn. */
  readonly once?: boolean | undefined;
}

/** A leader's own session, on which it has the lock. */
export interface Leadership {
  /** For short statements only; what is asked meanwhile waits for its turn. */
  readonly client: pg.Client;
  /** Aborts when the session is lost, and with it the lock: another may be the leader by now. */
  readonly lost: AbortSignal;
}

/**
 * Runs `work` while no other scheduler does anything: under an advisory lock of a session of its own in the target's
 * database. When the session is lost, `lost` aborts, and the promise rejects after `work` has ended.
 *
 * Resolves to undefined when the signal aborts before it is its turn. Throws `NOT_MIGRATED`, `IDENTITY_MISMATCH`,
 * `POOLER_IN_THE_WAY` and connection errors.
 */
export function withLeadership<Result>(
  target: Target,
  { signal, pollMs = POLL_MS, patienceMs = PATIENCE_MS, onFollow, once = false }: LeaderOptions,
  work: (leadership: Leadership) => Promise<Result>,
): Promise<Result | undefined> {
  // not the signal itself: it would end the session before the end of a run is written down
  return withSession(target.parameters, {}, async (client) => {
    await refusePooler(client, target);
    await requireIdentity(client, target);
    await client.query(NOTICE_DEAD_CLIENT);
    for (let first = true; !(await tryLock(client)); first = false) {
      if (once || signal?.aborted) return undefined;
      if (first) onFollow?.();
      await pause(pollMs, signal);
    }
    if (signal?.aborted) return undefined;
    await createSlotTable(client);
    const lost = new AbortController();
    const lose = (): void => lost.abort(new Error('the session of the leader was lost'));
    client.once('end', lose);
    const stop = watch(client, { pollMs, patienceMs, lose });
    try {
      const result = await work({ client, lost: lost.signal });
      lost.signal.throwIfAborted();
      return result;
    } finally {
      client.off('end', lose);
      await stop();
    }
  });
}

const IS_LED = `
SELECT FROM pg_locks
 WHERE locktype = 'advisory' AND granted AND objsubid = 1 AND ((classid::bigint << 32) | objid::bigint) = $1
   AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`;

/** Whether some scheduler is the leader right now. */
export async function isLed(client: pg.ClientBase): Promise<boolean> {
  return (await client.query(IS_LED, [LOCK_ID])).rowCount !== 0;
}

/** Waits, but not beyond the signal. */
export async function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  await wait(ms, undefined, signal ? { signal } : {}).catch(() => undefined);
}

async function tryLock(client: pg.Client): Promise<boolean> {
  const { rows } = await client.query<{ locked: boolean }>(`SELECT pg_try_advisory_lock(${LOCK_ID}) AS locked`);
  return rows[0]!.locked;
}

/** Asks the server something again and again, so that a connection that died silently is noticed. Returns what ends it. */
function watch(
  client: pg.Client,
  { pollMs, patienceMs, lose }: { readonly pollMs: number; readonly patienceMs: number; readonly lose: () => void },
): () => Promise<void> {
  const ended = new AbortController();
  const run = async (): Promise<void> => {
    while (!ended.signal.aborted) {
      await pause(pollMs, ended.signal);
      if (ended.signal.aborted) return;
      const settled = new AbortController();
      const patience = pause(patienceMs, AbortSignal.any([ended.signal, settled.signal]));
      const answered = await Promise.race([asks(client), patience.then(() => ended.signal.aborted)]);
      settled.abort();
      if (answered) continue;
      lose();
      return destroy(client);
    }
  };
  const watching = run();
  return async () => {
    ended.abort();
    await watching;
  };
}

async function asks(client: pg.Client): Promise<boolean> {
  try {
    await client.query('SELECT');
    return true;
  } catch {
    return false;
  }
}

/** A goodbye would wait for an answer that never comes. */
function destroy(client: pg.Client): void {
  (client as unknown as { readonly connection: { readonly stream: { destroy(): void } } }).connection.stream.destroy();
}
