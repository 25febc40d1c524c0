import type { Context } from './context.ts';
import { createDatabase } from './create.ts';
import { dropDatabase } from './drop.ts';
import { migrateUp } from './migrations/migrate.ts';
import { seedDatabase } from './seed.ts';
import type { Target } from './target.ts';

export interface PrepareResult {
  readonly created: boolean;
  readonly applied: readonly string[];
  readonly seeded: readonly string[];
}

/**
 * Brings a database to where it should be, whatever it is now: creates it, migrates it, and runs the seeds that it
 * has not seen. Does nothing the second time.
 */
export async function setupDatabase(target: Target, context: Context = {}): Promise<PrepareResult> {
  const { created } = await createDatabase(target, context);
  const { applied } = await migrateUp(target, {}, context);
  const { seeded } = await seedDatabase(target, { pendingOnly: true }, context);
  return { created, applied, seeded };
}

/** Drops the database and makes it anew. Guarded as {@link dropDatabase} is; throws what its steps throw. */
export async function resetDatabase(target: Target, context: Context = {}): Promise<PrepareResult> {
  await dropDatabase(target, context);
  return setupDatabase(target, context);
}
