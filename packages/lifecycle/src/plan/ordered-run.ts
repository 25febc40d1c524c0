import type { FamilyDatabase } from '@atriz/database/workspace';
import { runOverFamily, type Outcome } from '../family-run.ts';
import { requiresAnything } from './graph.ts';
import type { MigrationOrderOptions } from './migration-order.ts';
import { readNodes } from './nodes.ts';
import { WHOLE, type Stretch } from './stretch.ts';

export interface OrderedRunOptions<Result> extends MigrationOrderOptions {
  /** Puts the results of a database's stretches together, in their order. */
  readonly join: (results: readonly Result[]) => Result;
  /** Told of each database when all of it has ended. */
  readonly onOutcome?: ((outcome: Outcome<Result>) => void) | undefined;
}

/**
 * Runs work that applies migrations over databases, as `runOverFamily` does, and where their `requires` lines ask for
 * another order than that of packages, in stretches: one database goes as far as it can, waits for what it requires of
 * another, and goes on. A failure skips what waits for it. One outcome per database, in the order of the list.
 */
export async function runInMigrationOrder<Result>(
  databases: readonly FamilyDatabase[],
  work: (database: FamilyDatabase, stretch: Stretch) => Promise<Result>,
  options: OrderedRunOptions<Result>,
): Promise<Outcome<Result>[]> {
  const migrations = await Promise.all(databases.map(readNodes));
  if (migrations.some(requiresAnything)) {
    const { readMigrationOrder } = await import('./migration-order.ts');
    const order = await readMigrationOrder(migrations, options);
    const { runSegments } = await import('./segment-run.ts');
    if (order) return runSegments(databases, work, { ...options, ...order });
  }
  return runOverFamily(databases, (database) => work(database, WHOLE), { onOutcome: options.onOutcome });
}
