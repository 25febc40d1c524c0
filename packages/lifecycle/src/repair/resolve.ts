import { AtrizError } from '@atriz/database';
import type { Context } from '../context.ts';
import { qualified } from '../identifiers.ts';
import { recordTexts } from '../ledger/migration-rows.ts';
import { HISTORY_SCHEMA } from '../migrations/history.ts';
import { callLibrary } from '../migrations/library.ts';
import { readMigration } from '../migrations/migration-file.ts';
import type { Target } from '../target.ts';
import { findMigration, nameOf, withLedgerSession, type LedgerSession } from './ledger-session.ts';

export interface Resolution {
  /** The migration's name. */
  readonly name: string;
  /** What is true of the database: all of it is there, or nothing of it. */
  readonly as: 'applied' | 'rolled-back';
}

/**
 * Writes down what somebody did by hand: that a migration is applied, or that nothing of it is there. Runs nothing of
 * the file. For a migration without a transaction that stopped half-way, and for one whose file is gone.
 *
 * Throws `MIGRATION_UNKNOWN`, `ARGUMENT_INVALID` (it is so already), `IDENTITY_MISMATCH`, `LOCK_TIMEOUT`.
 */
export async function resolveMigration(target: Target, { name, as }: Resolution, context: Context = {}) {
  const resolve = as === 'applied' ? markApplied : markRolledBack;
  return withLedgerSession(target, `migrate resolve --${as}`, context, async (session) => {
    const resolved = await resolve(session, target, name);
    session.run.note(resolved);
    return { name: resolved, as };
  });
}

async function markApplied({ client, files, standing, run }: LedgerSession, target: Target, typed: string) {
  const file = findMigration(files, typed);
  const { name } = file;
  const isApplied = standing.applied.some((each) => each.name === name);
  if (isApplied && !isUnfinished(standing, name)) throw alreadySo(`${name} is applied already`);
  if (!isApplied) {
    const unit = { file, inTransaction: false, steps: () => [] };
    await callLibrary(client, target, { direction: 'up', units: [unit], historyOnly: true });
    const migrations = [await readMigration(file)];
    await recordTexts(client, { migrations, table: target.database.migrationsTable, runId: run.id });
  }
  await forget(client, name);
  return name;
}

async function markRolledBack({ client, standing }: LedgerSession, target: Target, typed: string) {
  const name = nameOf(typed);
  const isApplied = standing.applied.some((each) => each.name === name);
  if (!isApplied && !isUnfinished(standing, name)) throw alreadySo(`${name} is not applied`);
  if (isApplied) {
    await client.query(`DELETE FROM ${qualified(HISTORY_SCHEMA, target.database.migrationsTable)} WHERE name = $1`, [
      name,
    ]);
    await client.query('DELETE FROM atriz.migrations WHERE name = $1', [name]);
    await client.query('DELETE FROM atriz.seeds'); // rows went with the migration, nobody knows whose
  }
  await forget(client, name);
  return name;
}

function isUnfinished({ unfinished }: LedgerSession['standing'], name: string): boolean {
  return unfinished.some((each) => each.name === name);
}

async function forget(client: LedgerSession['client'], name: string): Promise<void> {
  await client.query('DELETE FROM atriz.unfinished_migrations WHERE name = $1', [name]);
}

function alreadySo(fact: string): AtrizError {
  return new AtrizError('ARGUMENT_INVALID', `${fact}; there is nothing to resolve`, {
    hint: 'atriz migrate status shows what there is',
  });
}
