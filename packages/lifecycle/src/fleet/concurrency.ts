import { AtrizError, sqlState } from '@atriz/database';
import type { Context } from '../context.ts';
import { withMaintenanceSession } from '../maintenance.ts';
import type { Target } from '../target.ts';

/** More than a few do not help: what a database without pending migrations costs is the server's, to begin a session. */
const DEFAULT_CONCURRENCY = 8;

/** What the server has left: what others use, and what it keeps for superusers, taken off. */
const READ_ROOM = `
SELECT (current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int
        - coalesce(current_setting('reserved_connections', true)::int, 0)
        - (SELECT sum(numbackends) FROM pg_stat_database))::int AS room`;

/**
 * How many instances are worked on at once, never more than there are, and never so many that the server would run out
 * of connections: half of what it has left, for others come too, and some operations take two. At least one. Pure.
 */
export function planConcurrency({
  requested = DEFAULT_CONCURRENCY,
  count,
  room,
}: {
  readonly requested?: number | undefined;
  readonly count: number;
  /** How many connections the server has left; `undefined` where it did not tell. */
  readonly room: number | undefined;
}): number {
  return Math.max(1, Math.min(requested, count, room === undefined ? requested : Math.floor(room / 2)));
}

/** How many connections the server has left, or `undefined` where it does not tell; the work itself will say why. */
export async function readRoom(target: Target, context: Context): Promise<number | undefined> {
  try {
    return await withMaintenanceSession(target, context, async (client) => {
      const { rows } = await client.query<{ room: number }>(READ_ROOM);
      return rows[0]!.room;
    });
  } catch (error) {
    if (error instanceof AtrizError && error.code === 'INTERRUPTED') throw error;
    if (error instanceof AtrizError || sqlState(error)) return undefined;
    throw error;
  }
}
