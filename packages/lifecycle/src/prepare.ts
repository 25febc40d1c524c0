import { AtrizError } from '@atriz/database';
import type { Context } from './context.ts';
import { createDatabase } from './create.ts';
import { dropDatabaseOnly } from './drop.ts';
import { migrateUp, type MigrateOptions } from './migrations/migrate.ts';
import { WHOLE, type Stretch } from './plan/stretch.ts';
import { leavesRoomForRoles } from './roles/names.ts';
import { seedDatabase } from './seed.ts';
import type { Target } from './target.ts';

export interface PrepareResult {
  readonly created: boolean;
  readonly applied: readonly string[];
  readonly seeded: readonly string[];
  /** How many things the roles of the database lacked; absent where nothing was done about them. */
  readonly roleChanges?: number;
}

export interface PrepareOptions extends Pick<MigrateOptions, 'openOther'> {
  /** The part of the work to do now, see `runInMigrationOrder`. Default: all of it. */
  readonly stretch?: Stretch | undefined;
}

/**
 * Brings a database to where it should be, whatever it is now: creates it, migrates it, runs the seeds that it has not
 * seen, and applies its roles, where the login may make some. Does nothing the second time. The instances of a
 * definition get no roles of their own here: a server with a thousand of them is asked for that by name.
 */
export async function setupDatabase(
  target: Target,
  { openOther, stretch = WHOLE }: PrepareOptions = {},
  context: Context = {},
): Promise<PrepareResult> {
  const { created } = stretch.isFirst ? await createDatabase(target, context) : { created: false };
  const { applied } = await migrateUp(target, { openOther, to: stretch.to, continues: !stretch.isFirst }, context);
  const { seeded } = stretch.isLast ? await seedDatabase(target, { pendingOnly: true }, context) : { seeded: [] };
  const roleChanges = stretch.isLast && target.instance === undefined ? await makeRoles(target, context) : 0;
  return { created, applied, seeded, ...(roleChanges > 0 ? { roleChanges } : {}) };
}

/** A login that may not make roles works with the database as it did before there were any; so does a name too long. */
async function makeRoles(target: Target, context: Context): Promise<number> {
  if (!leavesRoomForRoles(target.parameters.database)) {
    context.onProgress?.('without roles: the name of the database leaves no room for theirs');
    return 0;
  }
  const { applyRoles } = await import('./roles/apply.ts');
  try {
    return (await applyRoles(target, {}, context)).changes.length;
  } catch (error) {
    if (!(error instanceof AtrizError && error.code === 'PERMISSION_DENIED')) throw error;
    context.onProgress?.(`without roles: ${error.message}`);
    return 0;
  }
}

/**
 * Drops the database and makes it anew; its roles stay, and their passwords. Guarded as `dropDatabase` is; throws what its steps throw. Migrations are not
 * inspected: nobody waits for an empty database, and one that was dropped must not stay away.
 */
export async function resetDatabase(
  target: Target,
  options: PrepareOptions = {},
  context: Context = {},
): Promise<PrepareResult> {
  if (options.stretch?.isFirst ?? true) await dropDatabaseOnly(target, context);
  return setupDatabase(target, options, { ...context, inspectPending: undefined });
}

/** What the stretches of one database did, in their order, as one result. */
export function joinPrepareResults(results: readonly PrepareResult[]): PrepareResult {
  return {
    created: results.some(({ created }) => created),
    applied: results.flatMap(({ applied }) => applied),
    seeded: results.flatMap(({ seeded }) => seeded),
    ...results.flatMap(({ roleChanges }) => (roleChanges === undefined ? [] : [{ roleChanges }]))[0],
  };
}
