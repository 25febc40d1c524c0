import { AtrizError } from '@atriz/database';
import { withMaintenanceSession, type Context, type Target } from '@atriz/lifecycle';
import type { BackupWorkspace } from '../workspace.ts';
import { findOldNames, withEnding } from './names.ts';
import { placeOf } from './plan.ts';
import { refuseReplacement } from './replaceable.ts';
import { swapDatabases } from './swap.ts';
import { dropDatabaseOf } from './unfinished.ts';

/** A database that a restore took the place of, kept until somebody drops it or lets it change back. */
export interface OldDatabase {
  /** The definition's name. */
  readonly name: string;
  readonly databaseName: string;
  /** As the workspace reaches the database that took its place. */
  readonly target: Target;
}

/** Those of the named databases, newest first within each. Writes nothing. */
export async function readOldDatabases(workspace: BackupWorkspace, names: readonly string[]): Promise<OldDatabase[]> {
  const found: OldDatabase[] = [];
  for (const name of names) {
    const target = await workspace.open(name);
    const existing = await withMaintenanceSession(target, workspace.contextFor(name), async (client) => {
      const { rows } = await client.query<{ name: string }>('SELECT datname AS name FROM pg_database');
      return rows.map((row) => row.name);
    });
    const old = findOldNames(target.parameters.database, existing);
    found.push(...old.map((databaseName) => ({ name, databaseName, target })));
  }
  return found;
}

/**
 * Drops what restores left of the databases before them. All are looked at before the first is dropped. Throws what
 * `refuseReplacement` throws, of each that is protected, or another's, or production's, and connection errors.
 */
export async function dropOldDatabases(old: readonly OldDatabase[], context: Context): Promise<void> {
  for (const each of old) await refuseReplacement(asTarget(each), 'drop', context);
  for (const { target, databaseName } of old) {
    context.onProgress?.(`dropping database "${databaseName}"`);
    await dropDatabaseOf(target, databaseName);
  }
}

/** A database that changed back, and what the one that had its place is called now. */
export interface SwappedBack {
  readonly name: string;
  readonly databaseName: string;
  readonly kept: string | null;
}

/**
 * Takes an in-place restore back: the newest database that each one took the place of gets its name again, and the
 * restored one is kept as `<name>_restored`. All those on one server change together.
 *
 * Throws `BACKUP_UNKNOWN` (one has nothing to go back to), `RESTORE_BLOCKED`, what `refuseReplacement` throws, and connection errors.
 */
export async function swapBack(
  old: readonly OldDatabase[],
  names: readonly string[],
  context: Context,
): Promise<SwappedBack[]> {
  const newest = names.map((name) => {
    const found = old.find((each) => each.name === name);
    if (found) return found;
    throw new AtrizError('BACKUP_UNKNOWN', `no restore left a database that "${name}" could go back to`, {
      hint: 'choose others: --database NAME',
    });
  });
  const swaps = [];
  for (const each of newest) {
    const { target, databaseName } = each;
    const liveName = target.parameters.database;
    const there = await isThere(each, context);
    swaps.push({
      ...each,
      from: databaseName,
      to: liveName,
      aside: there ? withEnding(liveName, '_restored') : undefined,
    });
  }
  for (const group of Map.groupBy(swaps, ({ target }) => placeOf(target)).values()) {
    await swapDatabases(group[0]!.target, group);
  }
  return swaps.map(({ name, to, aside }) => ({ name, databaseName: to, kept: aside ?? null }));
}

/** Whether there is something in the place; refuses where it must not be replaced. */
async function isThere({ target }: OldDatabase, context: Context): Promise<boolean> {
  try {
    await refuseReplacement(target, 'replace', context);
    return true;
  } catch (error) {
    if (error instanceof AtrizError && error.code === 'DATABASE_MISSING') return false;
    throw error;
  }
}

function asTarget({ target, databaseName }: OldDatabase): Target {
  return { ...target, parameters: { ...target.parameters, database: databaseName } };
}
