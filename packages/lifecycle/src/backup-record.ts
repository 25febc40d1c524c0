import { AtrizError } from '@atriz/database';
import { SAFETY_SWITCHES, describeSetting } from '@atriz/database/workspace';
import type pg from 'pg';
import type { Context } from './context.ts';
import { HISTORY_SCHEMA } from './migrations/history.ts';
import type { Target } from './target.ts';

/** A backup of one database that somebody made. */
export interface BackupRecord {
  /** What the one who made it calls it. */
  readonly id: string;
  /** What the database held at this moment can be brought back. */
  readonly takenAt: Date;
}

/** Who knows of backups. */
export interface BackupCatalogue {
  /** The newest backup of the target's database that was restored and compared, or `undefined` when none is known. */
  findNewestVerified(target: Target): Promise<BackupRecord | undefined>;
}

/** Knows of none. */
const NO_CATALOGUE: BackupCatalogue = { findNewestVerified: async () => undefined };

const HOUR_MS = 3_600_000;
const HINT =
  'make one: atriz backup create && atriz backup verify --restore; or let the migration do it: ' +
  `AUTO_BACKUP_BEFORE_MIGRATION=true; or go on without: ${SAFETY_SWITCHES.requireMigrationBackup}=false`;

/** A relation with rows that is neither PostgreSQL's, nor the ledger's, nor the history. */
const HOLDS_DATA = `
SELECT FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
 WHERE relkind IN ('r', 'p', 'm') AND nspname NOT IN ('atriz', 'information_schema') AND nspname !~ '^pg_'
   AND NOT (nspname = $1 AND relname = $2) LIMIT 1`;

/** Whether a database has a table that is not the ledger's: something to lose. */
export async function holdsData(client: pg.ClientBase, { database }: Target): Promise<boolean> {
  const { rowCount } = await client.query(HOLDS_DATA, [HISTORY_SCHEMA, database.migrationsTable]);
  return rowCount !== 0;
}

/**
 * Refuses to migrate a database without a verified backup that is young enough, where `REQUIRE_MIGRATION_BACKUP` is on.
 * A database without a table has nothing to lose. To be called when there is something to run, before anything is written.
 *
 * Throws `BACKUP_REQUIRED`, and what `context.backups` throws.
 */
export async function requireBackup(client: pg.ClientBase, target: Target, context: Context): Promise<void> {
  const { requireMigrationBackup, migrationBackupMaxAgeHours: hours } = target.safety;
  if (!requireMigrationBackup.on) return;
  if (!(await holdsData(client, target))) return;
  const { backups = NO_CATALOGUE, now = Date.now } = context;
  const record = await backups.findNewestVerified(target);
  if (record && isYoungEnough(record, { hours, now: now() })) return;
  const known = record
    ? `the newest, ${record.id}, is of ${record.takenAt.toISOString()}, more than ${hours} h ago`
    : 'none is known';
  const { setBy } = requireMigrationBackup;
  const because = setBy ? `${describeSetting(setBy)} asks for it` : 'production asks for it';
  throw new AtrizError(
    'BACKUP_REQUIRED',
    `refused to migrate "${target.parameters.database}" without a verified backup: ${known}, and ${because}`,
    { hint: HINT },
  );
}

/** A clock that runs a little behind does not make a backup of just now one of the future. */
export function isYoungEnough({ takenAt }: BackupRecord, { hours, now }: { hours: number; now: number }): boolean {
  return now - takenAt.getTime() <= hours * HOUR_MS;
}
