import { withMaintenanceSession, type Context } from '@atriz/lifecycle';
import type pg from 'pg';
import { readBackupSettings } from '../settings/settings.ts';
import type { BackupWorkspace } from '../workspace.ts';
import type { PhysicalBackup } from './info.ts';
import { oneServer } from './server.ts';
import { contextOf, openTargets, readStanza } from './stanza.ts';

/** How far the archive of a running server is behind it. */
export interface ArchiveStatus {
  readonly stanza: string;
  /**
   * The newest backup of the repository, without which an archive is of no use: null where there is none. Undefined where
   * the repository cannot be asked, such as on another machine than the server's.
   */
  readonly backup: Pick<PhysicalBackup, 'label' | 'finishedAt'> | null | undefined;
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
   * waited, and that it may have been open before, which the server counts in whole seconds. Null where nothing bounds it: no archive, no backup that it continues, no
   * `archive_timeout`.
   */
  readonly lossSeconds: number | null;
}

type Archiver = Omit<ArchiveStatus, 'stanza' | 'backup' | 'lossSeconds'>;

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
  const backup = await readNewestBackup(workspace, databases);
  const bounded = found.on && found.timeoutSeconds > 0 && backup !== null;
  return {
    stanza: pgbackrest.stanza,
    backup,
    ...found,
    lossSeconds: bounded ? found.waitingSeconds + found.timeoutSeconds + 1 : null,
  };
}

async function readNewestBackup(
  workspace: BackupWorkspace,
  databases: readonly string[] | undefined,
): Promise<ArchiveStatus['backup']> {
  try {
    const { backups } = await readStanza(workspace, databases);
    const newest = backups.findLast(({ damaged }) => !damaged);
    return newest ? { label: newest.label, finishedAt: newest.finishedAt } : null;
  } catch {
    return undefined; // what is wrong with it, `pgbackrest info` tells where it can be asked
  }
}

async function readArchiver(client: pg.ClientBase): Promise<Archiver> {
  const { rows } = await client.query<Archiver>(READ_ARCHIVER);
  return rows[0]!;
}
