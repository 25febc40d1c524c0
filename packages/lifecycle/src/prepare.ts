import type { Context } from './context.ts';
import { createDatabase } from './create.ts';
import { dropDatabase } from './drop.ts';
import { migrateUp, type MigrateOptions } from './migrations/migrate.ts';
import { WHOLE, type Stretch } from './plan/stretch.ts';
import { seedDatabase } from './seed.ts';
import type { Target } from './target.ts';

export interface PrepareResult {
  readonly created: boolean;
  readonly applied: readonly string[];
  readonly seeded: readonly string[];
}

export interface PrepareOptions extends Pick<MigrateOptions, 'openOther'> {
  /** The part of the work to do now, see `runInMigrationOrder`. Default: all of it. */
  readonly stretch?: Stretch | undefined;
}

/**
 * Brings a database to where it should be, whatever it is now: creates it, migrates it, and runs the seeds that it
 * has not seen. Does nothing the second time.
 */
export async function setupDatabase(
  target: Target,
  { openOther, stretch = WHOLE }: PrepareOptions = {},
  context: Context = {},
): Promise<PrepareResult> {
  const { created } = stretch.isFirst ? await createDatabase(target, context) : { created: false };
  const { applied } = await migrateUp(target, { openOther, to: stretch.to, continues: !stretch.isFirst }, context);
  const { seeded } = stretch.isLast ? await seedDatabase(target, { pendingOnly: true }, context) : { seeded: [] };
  return { created, applied, seeded };
}

/**
 * Drops the database and makes it anew. Guarded as {@link dropDatabase} is; throws what its steps throw. Migrations are not
 * inspected: nobody waits for an empty database, and one that was dropped must not stay away.
 */
export async function resetDatabase(
  target: Target,
  options: PrepareOptions = {},
  context: Context = {},
): Promise<PrepareResult> {
  if (options.stretch?.isFirst ?? true) await dropDatabase(target, context);
  return setupDatabase(target, options, { ...context, inspectPending: undefined });
}

/** What the stretches of one database did, in their order, as one result. */
export function joinPrepareResults(results: readonly PrepareResult[]): PrepareResult {
  return {
    created: results.some(({ created }) => created),
    applied: results.flatMap(({ applied }) => applied),
    seeded: results.flatMap(({ seeded }) => seeded),
  };
}
