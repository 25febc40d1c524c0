import type { FamilyDatabase } from '@atriz/database/workspace';

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
  const running = new Map<string, Promise<Outcome<Result>>>();
  const predecessors = ({ name, dependsOn }: FamilyDatabase): FamilyDatabase[] =>
    databases.filter((other) =>
      order === 'dependencies-first' ? dependsOn.includes(other.name) : other.dependsOn.includes(name),
    );

  const run = async (database: FamilyDatabase): Promise<Outcome<Result>> => {
    const before = await Promise.all(predecessors(database).map((each) => start(each)));
    const obstacle = before.find(({ status }) => status !== 'done');
    const outcome: Outcome<Result> = obstacle
      ? {
          database,
          durationMs: 0,
          status: 'skipped',
          because: `${obstacle.database.name} ${obstacle.status === 'failed' ? 'failed' : 'was skipped'}`,
        }
      : await attempt(database, work);
    onOutcome?.(outcome);
    return outcome;
  };
  const start = (database: FamilyDatabase): Promise<Outcome<Result>> => {
    const known = running.get(database.name);
    if (known) return known;
    const promise = run(database);
    running.set(database.name, promise);
    return promise;
  };
  return Promise.all(databases.map(start));
}

async function attempt<Result>(
  database: FamilyDatabase,
  work: (database: FamilyDatabase) => Promise<Result>,
): Promise<Outcome<Result>> {
  const start = performance.now();
  try {
    const result = await work(database);
    return { database, durationMs: performance.now() - start, status: 'done', result };
  } catch (error) {
    return { database, durationMs: performance.now() - start, status: 'failed', error };
  }
}
