import { AtrizError } from '@atriz/database';
import type pg from 'pg';
import { requireBackup } from '../backup-record.ts';
import type { Context } from '../context.ts';
import { refuseDestruction } from '../guard.ts';
import { checkIdentity, createLedger, readIdentity } from '../ledger/identity.ts';
import { withMigrationLock } from '../lock.ts';
import { withSession } from '../session.ts';
import type { Target } from '../target.ts';
import { readNode } from '../plan/nodes.ts';
import type { OpenOther } from '../plan/requirements.ts';
import { compareHistory, readHistory } from './history.ts';
import { readMigration, readMigrationFiles, type MigrationFile } from './migration-file.ts';
import { directoryOf, loadRunner, runMigrations } from './runner.ts';

export interface MigrateOptions {
  /** How many at most; a whole number of at least 1. Default for up: all. Default for down: 1. */
  readonly count?: number | undefined;
  /** Up: the last one that is applied; those behind it stay pending. Default: all. */
  readonly to?: string | undefined;
  /** Up: a later stretch of a run: whether it may begin was asked before its first. Default false. */
  readonly continues?: boolean | undefined;
  /** Up: how another database of the family is opened, to see what is required of it. Default: nothing is asked. */
  readonly openOther?: OpenOther | undefined;
}

export interface MigrateResult {
  readonly applied: readonly string[];
  readonly undone: readonly string[];
}

/** What several runs over one database did, in their order, as one result. */
export function joinMigrateResults(results: readonly MigrateResult[]): MigrateResult {
  return { applied: results.flatMap(({ applied }) => applied), undone: results.flatMap(({ undone }) => undone) };
}

/**
 * Applies the pending migrations, oldest first, each in a transaction of its own. One migrator works at a time; the
 * others wait and then find nothing to do.
 *
 * Throws `MIGRATION_FAILED`, `MIGRATION_INVALID`, `MIGRATION_MISSING` (applied, but its file is gone),
 * `MIGRATION_OUT_OF_ORDER` (a file older than the newest applied), `REQUIREMENT_MISSING`, `IDENTITY_MISMATCH`,
 * `BACKUP_REQUIRED`, `LOCK_TIMEOUT`, `ARGUMENT_INVALID` (a count below 1) and connection errors.
 */
export async function migrateUp(
  target: Target,
  { count, to, continues, openOther }: MigrateOptions = {},
  context: Context = {},
): Promise<MigrateResult> {
  checkCount(count);
  const files = await readMigrationFiles(directoryOf(target));
  const work = async (client: pg.Client): Promise<MigrateResult> => {
    const glance = await planUp(client, target, files, { count, to });
    if (glance.recorded && glance.files.length === 0) return { applied: [], undone: [] };

    void loadRunner();
    const nodes = openOther && Promise.all(glance.files.map(readNode));
    if (glance.files.length > 0 && !continues) await requireBackup(client, target, context);
    return withMigrationLock(client, target, context, async () => {
      const requiring = (await nodes)?.filter(({ requires }) => requires.length > 0) ?? [];
      if (openOther && requiring.length > 0) {
        const { checkRequirements } = await import('../plan/requirements.ts');
        await checkRequirements(requiring, target, { openOther, context });
      }
      await createLedger(client, target);
      const plan = await planUp(client, target, files, { count, to });
      if (plan.files.length === 0) return { applied: [], undone: [] };
      const applied = await runMigrations(client, target, { direction: 'up', files: plan.files }, context);
      return { applied, undone: [] };
    });
  };
  return withSession(target.parameters, context, work, { pipeline: true });
}

/**
 * Undoes the newest applied migrations, newest first. Refused in production, as everything that destroys.
 *
 * Throws what {@link migrateUp} throws, and `MIGRATION_INVALID` for a migration that has no Down section, before
 * anything was undone.
 */
export async function migrateDown(
  target: Target,
  { count = 1 }: MigrateOptions = {},
  context: Context = {},
): Promise<MigrateResult> {
  checkCount(count);
  return withUndo(target, count, context, async (client, files) => {
    const undone = await runMigrations(client, target, { direction: 'down', files }, context);
    return { applied: [], undone };
  });
}

/** Undoes the newest applied migrations and applies them again: for the one that is being written. */
export async function migrateRedo(
  target: Target,
  { count = 1 }: MigrateOptions = {},
  context: Context = {},
): Promise<MigrateResult> {
  checkCount(count);
  return withUndo(target, count, context, async (client, files) => {
    const undone = await runMigrations(client, target, { direction: 'down', files }, context);
    const again = files.toReversed();
    const applied = await runMigrations(client, target, { direction: 'up', files: again }, context);
    return { applied, undone };
  });
}

async function withUndo(
  target: Target,
  count: number,
  context: Context,
  work: (client: pg.Client, files: readonly MigrationFile[]) => Promise<MigrateResult>,
): Promise<MigrateResult> {
  const all = await readMigrationFiles(directoryOf(target));
  const undo = (client: pg.Client): Promise<MigrateResult> =>
    withMigrationLock(client, target, context, async () => {
      await refuseDestruction(client, target, 'undo migrations of', context);
      const newest = (await readHistory(client, target.database.migrationsTable)).slice(-count).toReversed();
      if (newest.length === 0) return { applied: [], undone: [] };
      await requireBackup(client, target, context);
      await createLedger(client, target); // a history that node-pg-migrate made alone has none yet
      const files = newest.map((name) => all.find((file) => file.name === name) ?? refuseMissing([name], target));
      for (const file of files) await refuseIrreversible(file);
      return work(client, files);
    });
  return withSession(target.parameters, context, undo, { pipeline: true });
}

/** What `up` would run now, read without writing. `recorded` says that the ledger is there. */
async function planUp(
  client: pg.Client,
  target: Target,
  files: readonly MigrationFile[],
  { count, to }: MigrateOptions,
): Promise<{ readonly recorded: boolean; readonly files: readonly MigrationFile[] }> {
  const identity = await readIdentity(client);
  if (identity) checkIdentity(identity, target);
  const { pending, missing, outOfOrder } = compareHistory(
    files,
    await readHistory(client, target.database.migrationsTable),
  );
  if (missing.length > 0) refuseMissing(missing, target);
  if (outOfOrder.length > 0) {
    const names = outOfOrder.map(({ name }) => name).join(', ');
    throw new AtrizError(
      'MIGRATION_OUT_OF_ORDER',
      `older than the newest applied migration, but not applied: ${names}`,
      {
        hint: 'give the file a newer timestamp, or undo the newer ones first',
      },
    );
  }
  const within = new Set(to === undefined ? files : files.slice(0, files.findIndex(({ name }) => name === to) + 1));
  return { recorded: identity !== undefined, files: pending.filter((file) => within.has(file)).slice(0, count) };
}

function refuseMissing(names: readonly string[], target: Target): never {
  throw new AtrizError(
    'MIGRATION_MISSING',
    `applied to "${target.parameters.database}", but there is no such file in ${directoryOf(target)}: ${names.join(', ')}`,
    { hint: 'bring the file back, for example from the branch that has it' },
  );
}

async function refuseIrreversible(file: MigrationFile): Promise<void> {
  const { down, irreversible } = await readMigration(file);
  if (down) return;
  if (irreversible) {
    throw new AtrizError('MIGRATION_INVALID', `${file.path}: it says "-- Down Migration: none": there is no way back`, {
      hint: 'write a new migration that leads where you want to go',
    });
  }
  throw new AtrizError('MIGRATION_INVALID', `${file.path}: it has no Down section, so it cannot be undone`, {
    hint: 'add a "-- Down Migration" line and the statements that undo it',
  });
}

function checkCount(count: number | undefined): void {
  if (count === undefined || (Number.isSafeInteger(count) && count >= 1)) return;
  throw new AtrizError('ARGUMENT_INVALID', `count is ${count}, not a whole number of at least 1`, {
    hint: 'leave it out, or give a number such as --count=2',
  });
}
