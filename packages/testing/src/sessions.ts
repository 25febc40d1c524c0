import { setTimeout as wait } from 'node:timers/promises';
import type pg from 'pg';

/** A client that has closed its connection is still in the server's list for a moment. */
const GRACE_MS = 2000;
const PAUSE_MS = 5;

/** Waits until no session is left in a database; returns a description of each that still is after two seconds. */
export async function waitUntilUnused(client: pg.Client, database: string): Promise<string[]> {
  const deadline = performance.now() + GRACE_MS;
  for (;;) {
    const { rows } = await client.query<{ session: string }>(
      `SELECT 'process ' || pid || ' (' || coalesce(nullif(application_name, ''), '?') || ', ' || coalesce(state, '?')
              || ': ' || left(query, 80) || ')' AS session
         FROM pg_stat_activity WHERE datname = $1 AND backend_type = 'client backend'`,
      [database],
    );
    if (rows.length === 0 || performance.now() > deadline) return rows.map(({ session }) => session);
    await wait(PAUSE_MS);
  }
}
