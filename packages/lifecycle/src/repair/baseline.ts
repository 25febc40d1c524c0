import { AtrizError } from '@atriz/database';
import type { Context } from '../context.ts';
import { recordTexts } from '../ledger/migration-rows.ts';
import { callLibrary } from '../migrations/library.ts';
import { readMigration } from '../migrations/migration-file.ts';
import type { Target } from '../target.ts';
import { findMigration, withLedgerSession } from './ledger-session.ts';

export interface BaselineOptions {
  /** The newest migration whose objects the database has already. */
  readonly to: string;
}

/**
 * Adopts a database that was made by other means: writes the migrations up to `to` down as applied, and runs none of
 * them. Whether they describe what is there, `migrate check` tells.
 *
 * Throws `HISTORY_NOT_EMPTY`, `MIGRATION_UNKNOWN`, `IDENTITY_MISMATCH`, `LOCK_TIMEOUT` and connection errors.
 */
export async function baselineDatabase(
  target: Target,
  { to }: BaselineOptions,
  context: Context = {},
): Promise<{ readonly recorded: readonly string[] }> {
  return withLedgerSession(target, 'migrate baseline', context, async ({ client, files, standing, run }) => {
    const newest = standing.applied.at(-1)?.name;
    if (newest !== undefined) {
      throw new AtrizError('HISTORY_NOT_EMPTY', `"${target.parameters.database}" has a history, up to ${newest}`, {
        hint: 'a baseline is for a database without one; single migrations: atriz migrate resolve --applied NAME',
      });
    }
    const chosen = files.slice(0, files.indexOf(findMigration(files, to)) + 1);
    const units = chosen.map((file) => ({ file, inTransaction: false, steps: () => [] }));
    await callLibrary(client, target, { direction: 'up', units, historyOnly: true });
    const migrations = await Promise.all(chosen.map(readMigration));
    await recordTexts(client, { migrations, table: target.database.migrationsTable, runId: run.id });
    for (const { name } of chosen) run.note(name);
    return { recorded: chosen.map(({ name }) => name) };
  });
}
