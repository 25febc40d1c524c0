import { setTimeout as wait } from 'node:timers/promises';
import { withMaintenanceSession, type Context, type Target } from '@atriz/lifecycle';

const PATIENCE_MS = 30_000;

/**
 * Has the running server hand over what it has not archived yet, and ends with a transaction: so recovery to any time
 * that has passed finds one after it, where PostgreSQL can stop, on a server where nothing happens too. Best effort:
 * returns false where the server cannot be reached, does not archive, or takes longer than half a minute.
 */
export async function archiveNow(target: Target, context: Context): Promise<boolean> {
  const quiet: Context = { ...context, onProgress: undefined };
  try {
    return await withMaintenanceSession(target, quiet, async (client) => {
      const { rows: modes } = await client.query<{ on: boolean }>(
        `SELECT current_setting('archive_mode') <> 'off' AS on`,
      );
      if (!modes[0]?.on) return false;
      await client.query('SELECT pg_current_xact_id()'); // whoever has a number leaves a record at the end
      const { rows } = await client.query<{ segment: string }>('SELECT pg_walfile_name(pg_switch_wal()) AS segment');
      for (const deadline = performance.now() + PATIENCE_MS; performance.now() < deadline; await wait(200)) {
        const { rowCount } = await client.query('SELECT FROM pg_stat_archiver WHERE last_archived_wal >= $1', [
          rows[0]!.segment,
        ]);
        if (rowCount === 1) return true;
        if (context.signal?.aborted) return false;
      }
      return false;
    });
  } catch {
    return false; // a lost server is what one restores for
  }
}
