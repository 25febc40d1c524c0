import { setTimeout as wait } from 'node:timers/promises';
import { AtrizError, sqlState } from '@atriz/database';
import type pg from 'pg';
import type { Context } from '../context.ts';
import { withSession } from '../session.ts';
import type { Target } from '../target.ts';

const TRIES = 5;
const FIRST_PAUSE_MS = 500;
const LOOK_EVERY_MS = 100;
const LOCK_NOT_AVAILABLE = '55P03';

const BLOCKERS = `
SELECT 'process ' || pid || ' of ' || coalesce(usename, '?') || ' (' || coalesce(nullif(application_name, ''), '?')
       || ', ' || coalesce(state, '?') || ' for ' || to_char(now() - coalesce(state_change, backend_start), 'HH24:MI:SS')
       || '): ' || left(regexp_replace(query, '\\s+', ' ', 'g'), 120) AS blocker
  FROM pg_stat_activity WHERE pid = ANY (pg_blocking_pids($1)) ORDER BY pid`;

export interface LockRetries {
  /** Must have rolled back what failed, or be able to go on where it was. */
  readonly attempt: () => Promise<void>;
  /** Asked after a lock timeout: false where what failed cannot be sent again. */
  readonly mayRepeat: () => boolean;
}

/**
 * Runs `attempt` again, after a pause that grows, while it fails because a table was not free within its
 * `lock_timeout`: so a migration never makes the application queue behind it for longer than that. From the second try
 * on, a session beside it looks who is in the way, and tells.
 *
 * What it rejects with at last is thrown as `LOCK_TIMEOUT`, naming the sessions in the way and what they run.
 */
export async function withLockRetries(
  client: pg.Client,
  target: Target,
  { onProgress, signal }: Context,
  { attempt, mayRepeat }: LockRetries,
): Promise<void> {
  try {
    return await attempt();
  } catch (error) {
    if (!isLockTimeout(error) || !mayRepeat()) throw error;
    onProgress?.(`a table is locked by another session: trying again`);
  }
  const { processID } = client as unknown as { readonly processID: number };
  await withSession(target.parameters, { signal }, async (watcher) => {
    let blockers: readonly string[] = [];
    const see = (seen: readonly string[]): void => {
      if (seen.length > 0 && seen.join() !== blockers.join()) onProgress?.(`waiting for ${seen.join('; ')}`);
      if (seen.length > 0) blockers = seen;
    };
    for (let count = 2, pause = FIRST_PAUSE_MS; ; count += 1, pause *= 2) {
      await wait(pause, undefined, signal ? { signal } : {});
      const watch = new AbortController();
      const watching = watchBlockers(watcher, processID, { onSeen: see, signal: watch.signal });
      try {
        return await attempt();
      } catch (error) {
        if (!isLockTimeout(error) || !mayRepeat()) throw error;
        if (count === TRIES) throw lockTimeout(error, blockers);
      } finally {
        watch.abort();
        await watching;
      }
    }
  });
}

async function watchBlockers(
  watcher: pg.Client,
  processId: number,
  { onSeen, signal }: { onSeen: (blockers: readonly string[]) => void; signal: AbortSignal },
): Promise<void> {
  while (!signal.aborted) {
    try {
      const { rows } = await watcher.query<{ blocker: string }>(BLOCKERS, [processId]);
      onSeen(rows.map(({ blocker }) => blocker));
      await wait(LOOK_EVERY_MS, undefined, { signal });
    } catch {
      return; // the attempt has ended; or the watcher's session has, and then the attempt is told of alone
    }
  }
}

/** The server's own error, or the one that it is the cause of. */
function isLockTimeout(error: unknown): boolean {
  const cause = error instanceof AtrizError ? error.cause : error;
  return sqlState(cause) === LOCK_NOT_AVAILABLE;
}

function lockTimeout(error: unknown, blockers: readonly string[]): AtrizError {
  const { message } = error as Error;
  const who = blockers.length > 0 ? `in the way: ${blockers.join('; ')}` : 'who was in the way is not known';
  return new AtrizError('LOCK_TIMEOUT', `${message}\ntried ${TRIES} times; ${who}`, {
    hint: 'end that session or wait for it, and run the command again; or give the file a longer "-- atriz: lock-timeout"',
    cause: error,
  });
}
