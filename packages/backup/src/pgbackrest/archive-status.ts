import { withMaintenanceSession, type Context } from '@atriz/lifecycle';
import type pg from 'pg';
import { readBackupSettings } from '../settings/settings.ts';
import type { BackupWorkspace } from '../workspace.ts';
import { oneServer } from './server.ts';
import { contextOf, openTargets } from './stanza.ts';

/** How far the archive of a running server is behind it. */
export interface ArchiveStatus {
  readonly stanza: string;
  /** Whether the server archives at all. */
  readonly on: boolean;
  /** When a segment was archived last; null before the first one. */
  readonly archivedAt: Date | null;
  readonly archivedSegment: string | null;
  /** Whether the last attempt failed: what is written now is not archived, and the server keeps it until its disk is full. */
  readonly failing: boolean;
  readonly failedAt: Date | null;
  readonly failedSegment: string | null;
  /** How many closed segments wait for the archive, and for how many seconds the oldest has. */
  readonly waiting: number;
  readonly waitingSeconds: number;
  /** `archive_timeout`: the longest that a segment stays open while something is written; 0 is for ever. */
  readonly timeoutSeconds: number;
  /**
   * The most that would be lost with the server now, in seconds of writing: the time that the oldest closed segment has
   * waited, and that it may have been open before, which the server counts in whole seconds. Null where nothing bounds it: no archive, or no `archive_timeout`.
   */
  readonly lossSeconds: number | null;
}

/** The status files of closed segments that have not been archived are touched when they are closed. */
const READ_ARCHIVER = `
SELECT current_setting('archive_mode') <> 'off' AS on,
       last_archived_time AS "archivedAt", last_archived_wal AS "archivedSegment",
       last_failed_time AS "failedAt", last_failed_wal AS "failedSegment",
       coalesce(last_failed_time > coalesce(last_archived_time, '-infinity'), false) AS failing,
       waiting.count::int AS waiting, waiting.seconds AS "waitingSeconds",
       (SELECT setting::int FROM pg_settings WHERE name = 'archive_timeout') AS "timeoutSeconds"
  FROM pg_stat_archiver,
       (SELECT count(*), coalesce(extract(epoch FROM clock_timestamp() - min(modification)), 0)::float8 AS seconds
          FROM pg_ls_archive_statusdir() WHERE name LIKE '%.ready') AS waiting`;

/**
 * Reads how far the archive is behind; `undefined` where no pgBackRest is configured. Writes nothing. Throws
 * connection errors, and `PERMISSION_DENIED` where the login is neither a superuser nor in pg_monitor.
 */
export async function readArchiveStatus(
  workspace: BackupWorkspace,
  databases?: readonly string[],
): Promise<ArchiveStatus | undefined> {
  const { pgbackrest } = readBackupSettings(workspace);
  if (pgbackrest === undefined) return undefined;
  const target = oneServer(await openTargets(workspace, databases));
  const context: Context = contextOf(workspace, target);
  const found = await withMaintenanceSession(target, context, readArchiver);
  const bounded = found.on && found.timeoutSeconds > 0;
  return {
    stanza: pgbackrest.stanza,
    ...found,
    lossSeconds: bounded ? found.waitingSeconds + found.timeoutSeconds + 1 : null,
  };
}

async function readArchiver(client: pg.ClientBase): Promise<Omit<ArchiveStatus, 'stanza' | 'lossSeconds'>> {
  const { rows } = await client.query<Omit<ArchiveStatus, 'stanza' | 'lossSeconds'>>(READ_ARCHIVER);
  return rows[0]!;
}
