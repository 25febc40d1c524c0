import { AtrizError } from '@atriz/database';
import type pg from 'pg';
import { requireBackup } from '../backup-record.ts';
import type { Context } from '../context.ts';
import { refuseDestruction } from '../guard.ts';
import { createLedger } from '../ledger/identity.ts';
import { withMigrationLock } from '../lock.ts';
import { asOwner } from '../roles/as-owner.ts';
import { withSession } from '../session.ts';
import type { Target } from '../target.ts';
import { checkCount, NOTHING, recorded, type MigrateResult } from './migrate.ts';
import { directoryOf, readMigration, readMigrationFiles, type MigrationFile } from './migration-file.ts';
import { findObstacles, refuse, type Obstacle } from './obstacles.ts';
import { redoMigrations, runMigrations } from './runner.ts';
import { readStanding, type Standing } from './standing.ts';
import { readUnits } from './unit.ts';

export interface UndoOptions {
  /** How many at most; a whole number of at least 1. Default 1. */
  readonly count?: number | undefined;
}

/**
 * Undoes the newest applied migrations, newest first. Refused in production, as everything that destroys.
 *
 * Throws what `migrateUp` throws, and `MIGRATION_INVALID` for a migration that has no Down section, before
 * anything was undone.
 */
export async function migrateDown(
  target: Target,
  options: UndoOptions = {},
  context: Context = {},
): Promise<MigrateResult> {
  return withUndo(target, options, context, async (client, files) => {
    const units = await readUnits(files, 'down');
    await recorded(client, 'migrate down', context, (run) => runMigrations(client, target, units, { context, run }));
    return { applied: [], undone: files.map(({ name }) => name) };
  });
}

/**
 * Undoes the newest applied migrations and applies them again, in one transaction unless one of them asks for none: for
 * the one that is being written.
 */
export async function migrateRedo(
  target: Target,
  options: UndoOptions = {},
  context: Context = {},
): Promise<MigrateResult> {
  return withUndo(target, options, context, async (client, files) => {
    const undo = await readUnits(files, 'down');
    const apply = await readUnits(files.toSorted(byName), 'up');
    const transactional = undo.every(({ migration }) => !migration.directives.noTransaction);
    await recorded(client, 'migrate redo', context, async (run) => {
      if (transactional) return redoMigrations(client, target, { undo, apply }, { context, run });
      await runMigrations(client, target, undo, { context, run });
      await runMigrations(client, target, apply, { context, run });
    });
    return { applied: apply.map(({ migration }) => migration.name), undone: files.map(({ name }) => name) };
  });
}

/** node-pg-migrate applies in the order of the names, whatever order the history has. */
function byName(a: MigrationFile, b: MigrationFile): number {
  return a.name < b.name ? -1 : 1;
}

async function withUndo(
  target: Target,
  { count = 1 }: UndoOptions,
  context: Context,
  work: (client: pg.Client, files: readonly MigrationFile[]) => Promise<MigrateResult>,
): Promise<MigrateResult> {
  checkCount(count);
  const all = await readMigrationFiles(directoryOf(target));
  const undo = (client: pg.Client): Promise<MigrateResult> =>
    withMigrationLock(client, target, context, async () => {
      await refuseDestruction(client, target, 'undo migrations of', context);
      const standing = await readStanding(client, target, all);
      if (standing.squashed.length > 0) throw squashesFirst(standing);
      const newest = standing.applied.slice(-count).toReversed();
      if (newest.length === 0) return NOTHING;
      const names = new Set(newest.map(({ name }) => name));
      const obstacles = findObstacles(standing, target);
      await refuse(
        client,
        standing,
        obstacles.filter((each) => keepsFromUndoing(each, names)),
      );
      // What keeps only `up` from running is told all the same; not of those that are undone, which may be half-written.
      for (const { message, name } of obstacles) if (!names.has(name ?? '')) context.onProgress?.(message);
      await requireBackup(client, target, context);
      const files = newest.map(({ name }) => all.find((file) => file.name === name)!);
      for (const file of files) await refuseIrreversible(file);
      return asOwner(client, target, async () => {
        await createLedger(client, target); // a history that node-pg-migrate made alone has none yet
        return work(client, files);
      });
    });
  return withSession(target.parameters, context, undo, { pipeline: true });
}

function keepsFromUndoing({ code, name }: Obstacle, undone: ReadonlySet<string>): boolean {
  return code === 'MIGRATION_UNFINISHED' || (code === 'MIGRATION_MISSING' && undone.has(name ?? ''));
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

function squashesFirst({ squashed }: Standing): AtrizError {
  const names = squashed.map(({ file }) => file.name).join(', ');
  const message = `what is applied was squashed since, and the history does not say so yet: ${names}`;
  return new AtrizError('MIGRATION_MISSING', message, {
    hint: 'atriz migrate up writes it down, and runs nothing of it',
  });
}
