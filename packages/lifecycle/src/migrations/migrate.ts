import { AtrizError } from '@atriz/database';
import type pg from 'pg';
import { requireBackup } from '../backup-record.ts';
import type { Context } from '../context.ts';
import { withGroupedCommits } from '../durability.ts';
import { createLedger, isToBeNamed } from '../ledger/identity.ts';
import { recordTexts } from '../ledger/migration-rows.ts';
import { withRun, type Run } from '../ledger/run.ts';
import { withMigrationLock } from '../lock.ts';
import type { OpenOther } from '../plan/requirements.ts';
import { asOwner } from '../roles/as-owner.ts';
import { withSession } from '../session.ts';
import { refuseSquashedFiles } from '../squash/standing.ts';
import { takeOverSquashed } from '../squash/take-over.ts';
import type { Target } from '../target.ts';
import { loadLibrary } from './library.ts';
import { directoryOf, readMigration, readMigrationFiles, type MigrationFile } from './migration-file.ts';
import { runMigrations } from './runner.ts';
import { findObstacles, refuse } from './obstacles.ts';
import { readStanding, type Standing } from './standing.ts';
import { readUnits, type Unit } from './unit.ts';

export interface MigrateOptions {
  /** How many at most; a whole number of at least 1. Default: all. */
  readonly count?: number | undefined;
  /** The last one that is applied; those behind it stay pending. Default: all. */
  readonly to?: string | undefined;
  /** A later stretch of a run: whether it may begin was asked before its first. Default false. */
  readonly continues?: boolean | undefined;
  /** How another database of the family is opened, to see what is required of it. Default: nothing is asked. */
  readonly openOther?: OpenOther | undefined;
  /** Apply files that are older than the newest applied one. Default: refuse. */
  readonly allowOutOfOrder?: boolean | undefined;
}

export interface MigrateResult {
  readonly applied: readonly string[];
  readonly undone: readonly string[];
}

/** What several runs over one database did, in their order, as one result. */
export function joinMigrateResults(results: readonly MigrateResult[]): MigrateResult {
  return { applied: results.flatMap(({ applied }) => applied), undone: results.flatMap(({ undone }) => undone) };
}

export const NOTHING: MigrateResult = { applied: [], undone: [] };

/**
 * Applies the pending migrations, oldest first, each in a transaction of its own. One migrator works at a time; the
 * others wait and then find nothing to do. A history that node-pg-migrate's own command made is adopted: its files'
 * texts are recorded as those that were applied. A file that squashes what is applied takes its place there.
 *
 * Throws `MIGRATION_FAILED`, `MIGRATION_INVALID`, `MIGRATION_EDITED` (with what was edited), `MIGRATION_MISSING`
 * (applied, but its file is gone), `MIGRATION_OUT_OF_ORDER` (a file older than the newest applied),
 * `MIGRATION_UNFINISHED`, `SQUASH_PARTIAL`, `REQUIREMENT_MISSING`, `IDENTITY_MISMATCH`, `BACKUP_REQUIRED`, `LOCK_TIMEOUT`,
 * `ARGUMENT_INVALID` (a count below 1), connection errors, and what the context's `inspectPending` throws.
 */
export async function migrateUp(
  target: Target,
  options: MigrateOptions = {},
  context: Context = {},
): Promise<MigrateResult> {
  checkCount(options.count);
  const all = context.migrationFiles ?? (await readMigrationFiles(directoryOf(target)));
  const work = async (client: pg.Client): Promise<MigrateResult> => {
    const glance = await planUp(client, target, all, options);
    if (!needsWriting(glance, target)) return NOTHING;
    await refuseSquashedFiles(all);

    if (glance.files.length > 0 && !options.continues) {
      await requireBackup(client, target, context);
      await context.inspectPending?.(glance.pending.slice(0, options.count), target);
    }
    return withMigrationLock(client, target, context, async () => {
      const { files, unrecorded, squashed } = await planUp(client, target, all, options);
      const units = await readUnits(files, 'up');
      await checkRequired(units, target, options, context);
      void loadLibrary(); // while the server makes the ledger
      return asOwner(client, target, async () => {
        await createLedger(client, target);
        await adopt(client, target, unrecorded);
        if (files.length === 0 && squashed.length === 0) return NOTHING;
        await recorded(client, 'migrate up', context, async (run) => {
          await takeOverSquashed(client, target, squashed, { ...context, run });
          if (units.length > 0) await runMigrations(client, target, units, { context, run });
        });
        return { applied: files.map(({ name }) => name), undone: [] };
      });
    });
  };
  return withSession(target.parameters, context, work, { pipeline: true });
}

interface UpPlan extends Standing {
  /** What is to be applied now, in order. */
  readonly files: readonly MigrationFile[];
}

/** Whether there is anything to run, or to write into the ledger. */
function needsWriting({ identity, files, unrecorded, squashed }: UpPlan, target: Target): boolean {
  if (identity === undefined || isToBeNamed(identity, target)) return true;
  return files.length > 0 || unrecorded.length > 0 || squashed.length > 0;
}

/** What `up` would run now, read without writing. Throws where it must not run. */
async function planUp(
  client: pg.Client,
  target: Target,
  all: readonly MigrationFile[],
  { count, to, allowOutOfOrder }: MigrateOptions,
): Promise<UpPlan> {
  const standing = await readStanding(client, target, all);
  await refuse(client, standing, findObstacles(standing, target, { outOfOrder: allowOutOfOrder }));
  const within = new Set(to === undefined ? all : all.slice(0, all.findIndex(({ name }) => name === to) + 1));
  return { ...standing, files: standing.pending.filter((file) => within.has(file)).slice(0, count) };
}

async function checkRequired(
  units: readonly Unit[],
  target: Target,
  { openOther }: MigrateOptions,
  context: Context,
): Promise<void> {
  const requiring = units
    .map(({ migration: { name, path, directives } }) => ({ name, path, requires: directives.requires }))
    .filter(({ requires }) => requires.length > 0);
  if (!openOther || requiring.length === 0) return;
  const { checkRequirements } = await import('../plan/requirements.ts');
  await checkRequirements(requiring, target, { openOther, context });
}

/** One run in the ledger, whose commits wait for the disk together. */
export function recorded(client: pg.Client, command: string, context: Context, work: (run: Run) => Promise<void>) {
  return withGroupedCommits(client, () => withRun(client, command, context, work));
}

async function adopt(client: pg.Client, target: Target, unrecorded: readonly MigrationFile[]): Promise<void> {
  if (unrecorded.length === 0) return;
  const migrations = await Promise.all(unrecorded.map(readMigration));
  await recordTexts(client, { migrations, table: target.database.migrationsTable });
}

/** Throws `ARGUMENT_INVALID` for a count that is no whole number of at least 1. */
export function checkCount(count: number | undefined): void {
  if (count === undefined || (Number.isSafeInteger(count) && count >= 1)) return;
  throw new AtrizError('ARGUMENT_INVALID', `count is ${count}, not a whole number of at least 1`, {
    hint: 'leave it out, or give a number such as --count=2',
  });
}
