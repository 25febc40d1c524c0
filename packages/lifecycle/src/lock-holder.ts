import type pg from 'pg';

/** The session that has the migration lock of this database. */
export interface LockHolder {
  readonly pid: number;
  readonly user: string;
  readonly application: string;
  /** As `HH:MM:SS`. */
  readonly connectedFor: string;
  /** How long it has been doing nothing, outside any transaction; 0 while it works, or when we may not see it. */
  readonly idleMs: number;
  /** Its last statement, shortened; empty when we may not see it. */
  readonly lastStatement: string;
}

/** A migrator waits this long between two statements only when something is wrong with it. */
const SUSPICIOUS_IDLE_MS = 3000;

const READ_HOLDER = `
SELECT pid, coalesce(usename, '?') AS user, coalesce(nullif(application_name, ''), '?') AS application,
       to_char(clock_timestamp() - backend_start, 'HH24:MI:SS') AS "connectedFor",
       CASE WHEN state = 'idle' THEN (extract(epoch FROM clock_timestamp() - state_change) * 1000)::float8 ELSE 0 END AS "idleMs",
       CASE WHEN state IS NULL THEN '' ELSE left(regexp_replace(query, '\\s+', ' ', 'g'), 60) END AS "lastStatement"
  FROM pg_locks JOIN pg_stat_activity USING (pid)
 WHERE locktype = 'advisory' AND granted AND objsubid = 1
   AND ((classid::bigint << 32) | objid::bigint) = $1 AND pg_locks.database = (
     SELECT oid FROM pg_database WHERE datname = current_database())`;

/** Reads who has the advisory lock of that number, or `undefined` when nobody has it any more. */
export async function readLockHolder(client: pg.ClientBase, lockId: string): Promise<LockHolder | undefined> {
  const { rows } = await client.query<LockHolder>(READ_HOLDER, [lockId]);
  return rows[0];
}

/**
 * Whether the holder is probably no migrator: a pooled connection on which one that went through a pooler in
 * transaction mode left its lock. It stays there until the pooler closes the connection.
 */
export function looksStranded({ idleMs }: LockHolder): boolean {
  return idleMs >= SUSPICIOUS_IDLE_MS;
}

/** `process 12 of app (atriz, connected 00:00:03 ago), which migrates this database`; or what makes us doubt it. */
export function describeHolder(holder: LockHolder | undefined): string {
  if (holder === undefined) return 'another session, which migrates this database';
  const { pid, user, application, connectedFor, idleMs, lastStatement } = holder;
  const who = `process ${pid} of ${user} (${application}, connected ${connectedFor} ago)`;
  if (!looksStranded(holder)) return `${who}, which migrates this database`;
  const after = lastStatement ? ` after "${lastStatement}"` : '';
  return `${who}, which has the migration lock of this database but is idle for ${Math.floor(idleMs / 1000)} s${after}`;
}

/** What to do about a lock that does not become free. */
export function adviseOn(holder: LockHolder | undefined): string {
  if (holder === undefined || !looksStranded(holder)) {
    return 'wait for it to end, or end that session, and run the command again';
  }
  return (
    'it does nothing: mostly a lock that a migrator left on a pooled connection, through a pooler in transaction ' +
    `mode. If nobody migrates now, free it by: SELECT pg_terminate_backend(${holder.pid})`
  );
}
