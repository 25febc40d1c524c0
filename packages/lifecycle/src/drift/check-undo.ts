import { AtrizError } from '@atriz/database';
import type { Context } from '../context.ts';
import { directoryOf, readMigration, readMigrationFiles, type MigrationFile } from '../migrations/migration-file.ts';
import { withScratchDatabase } from '../scratch.ts';
import type { Target } from '../target.ts';
import type { Catalog } from './catalog.ts';
import { compareCatalogs } from './compare.ts';
import { toFinding, type Finding } from './finding.ts';
import { replay } from './replay.ts';
import { UNDO } from './sentence.ts';
import { refuseServerWide } from './server-wide.ts';
import { readSnapshot } from './snapshot.ts';

/** A migration whose Down does not undo its Up, and how. */
export interface UndoFault {
  readonly migration: string;
  /** What the Down section leaves other than it was. Empty where it failed. */
  readonly differences: readonly Finding[];
  /** Why the Down section failed. */
  readonly failure?: string;
}

export interface UndoReport {
  /** How many were undone, and the schema compared; the newest of all. */
  readonly checked: number;
  /** The migration that cannot be undone, on purpose or for want of a Down section; what is older was not checked. */
  readonly endedAt?: string;
  readonly faults: readonly UndoFault[];
}

/**
 * Applies all of a package's migrations to a scratch database, one by one, and undoes them from the newest: after each
 * Down the schema must be as it was before the Up. Needs the target's server, not its database.
 *
 * Throws `MIGRATION_FAILED` (an Up failed), `MIGRATION_INVALID`, `REPLAY_REFUSED`, `PERMISSION_DENIED` (the user may not
 * create databases) and connection errors.
 */
export async function checkUndo(target: Target, context: Context = {}): Promise<UndoReport> {
  const files = await readMigrationFiles(directoryOf(target));
  const migrations = await Promise.all(files.map(readMigration));
  await refuseServerWide(migrations, 'both');
  const end = migrations.findLastIndex(({ down }) => down === undefined);
  const reversible = files.slice(end + 1);
  const endedAt = files[end]?.name;
  const faults = await findFaults(target, { before: files.slice(0, end + 1), reversible }, context);
  return { checked: reversible.length, ...(endedAt === undefined ? {} : { endedAt }), faults };
}

interface Stretch {
  readonly before: readonly MigrationFile[];
  readonly reversible: readonly MigrationFile[];
}

/**
 * A scratch database serves until a Down is found at fault: what that one left would be laid to those before it. They
 * are checked in a new one.
 */
async function findFaults(target: Target, { before, reversible }: Stretch, context: Context): Promise<UndoFault[]> {
  const faults: UndoFault[] = [];
  let left = reversible;
  while (left.length > 0) {
    const stretch: Stretch = { before, reversible: left };
    const fault = await withScratchDatabase(target, context, (scratch) => findNewestFault(scratch, stretch, context));
    if (fault === undefined) break;
    faults.push(fault);
    left = left.slice(
      0,
      left.findIndex(({ name }) => name === fault.migration),
    );
  }
  return faults;
}

async function findNewestFault(scratch: Target, stretch: Stretch, context: Context): Promise<UndoFault | undefined> {
  const { before, reversible } = stretch;
  await replay(scratch, { direction: 'up', files: before }, context);
  const snapshots: Catalog[] = [];
  for (const file of reversible) {
    snapshots.push(await readSnapshot(scratch, context));
    context.onProgress?.(`applying ${file.name} to a scratch database`);
    await replay(scratch, { direction: 'up', files: [file] }, context);
  }
  for (const [at, file] of [...reversible.entries()].toReversed()) {
    context.onProgress?.(`undoing ${file.name} in a scratch database`);
    const failure = await undo(scratch, file, context);
    if (failure !== undefined) return { migration: file.name, differences: [], failure };
    const differences = compareCatalogs(snapshots[at]!, await readSnapshot(scratch, context));
    if (differences.length === 0) continue;
    return { migration: file.name, differences: differences.map((each) => toFinding(each, UNDO)) };
  }
  return undefined;
}

async function undo(scratch: Target, file: MigrationFile, context: Context): Promise<string | undefined> {
  try {
    await replay(scratch, { direction: 'down', files: [file] }, context);
    return undefined;
  } catch (error) {
    if (error instanceof AtrizError && error.code === 'MIGRATION_FAILED') return error.message;
    throw error;
  }
}
