import type { FamilyDatabase } from '@atriz/database/workspace';
import { runGraph } from './graph-run.ts';

/** What became of one database in a run over the family. */
export type Outcome<Result> = {
  readonly database: FamilyDatabase;
  readonly durationMs: number;
} & (
  | { readonly status: 'done'; readonly result: Result }
  | { readonly status: 'failed'; readonly error: unknown }
  | { readonly status: 'skipped'; readonly because: string }
);

export interface FamilyRunOptions<Result> {
  /** Told of each database as it ends, in the order in which they end. */
  readonly onOutcome?: ((outcome: Outcome<Result>) => void) | undefined;
  /** Begin with the databases that others depend on (default), or with those that depend on others. */
  readonly order?: 'dependencies-first' | 'dependents-first';
}

/**
 * Runs `work` for each database: after those of the list that it depends on, at the same time as those that it does
 * not. A failure skips what depends on the database and stops nothing else. Never rejects; one outcome per database,
 * in the order of the list.
 */
export async function runOverFamily<Result>(
  databases: readonly FamilyDatabase[],
  work: (database: FamilyDatabase) => Promise<Result>,
  { onOutcome, order = 'dependencies-first' }: FamilyRunOptions<Result> = {},
): Promise<Outcome<Result>[]> {
  const outcomes = new Map<FamilyDatabase, Outcome<Result>>();
  await runGraph(databases, work, {
    predecessors: ({ name, dependsOn }) =>
      databases.filter((other) =>
        order === 'dependencies-first' ? dependsOn.includes(other.name) : other.dependsOn.includes(name),
      ),
    onSettled: (database, settled) => {
      const outcome: Outcome<Result> =
        settled.status === 'skipped'
          ? { ...settled, database, because: describeObstacle(outcomes.get(settled.because)!) }
          : { ...settled, database };
      outcomes.set(database, outcome);
      onOutcome?.(outcome);
    },
  });
  return databases.map((database) => outcomes.get(database)!);
}

/** `atriz_shared failed`: why a database was skipped. */
export function describeObstacle({ database, status }: Pick<Outcome<unknown>, 'database' | 'status'>): string {
  return `${database.name} ${status === 'failed' ? 'failed' : 'was skipped'}`;
}
