import type { FamilyDatabase } from '@atriz/database/workspace';
import { describeObstacle, type Outcome } from '../family-run.ts';
import { runGraph, type Settled } from '../graph-run.ts';
import type { MigrationOrder } from './migration-order.ts';
import type { OrderedRunOptions } from './ordered-run.ts';
import type { Segment } from './segments.ts';
import type { Stretch } from './stretch.ts';

type SegmentRunOptions<Result> = MigrationOrder & Pick<OrderedRunOptions<Result>, 'join' | 'onOutcome'>;

/** Runs the segments of a plan, each database's as one outcome; see `runInMigrationOrder`. */
export async function runSegments<Result>(
  databases: readonly FamilyDatabase[],
  work: (database: FamilyDatabase, stretch: Stretch) => Promise<Result>,
  { segments, faults, join, onOutcome }: SegmentRunOptions<Result>,
): Promise<Outcome<Result>[]> {
  const byDatabase = Map.groupBy(segments, ({ database }) => database);
  const settled = new Map<Segment, Settled<Segment, Result>>();
  const outcomes = new Map<string, Outcome<Result>>();
  const run = async (segment: Segment): Promise<Result> => {
    const fault = faults.get(segment.database);
    if (fault) throw fault;
    const own = byDatabase.get(segment.database)!;
    const [isFirst, isLast] = [segment === own[0], segment === own.at(-1)];
    return work(databaseOf(segment), { to: segment.migrations.at(-1)?.name, isFirst, isLast });
  };
  const databaseOf = (segment: Segment): FamilyDatabase => databases.find(({ name }) => name === segment.database)!;

  await runGraph(segments, run, {
    predecessors: ({ after }) => [...after],
    onSettled: (segment, own) => {
      settled.set(segment, own);
      const all = byDatabase.get(segment.database)!.map((each) => settled.get(each));
      if (!all.every((each) => each !== undefined)) return;
      const outcome = outcomeOf(databaseOf(segment), all);
      outcomes.set(segment.database, outcome);
      onOutcome?.(outcome);
    },
  });
  return databases.map(({ name }) => outcomes.get(name)!);

  function outcomeOf(database: FamilyDatabase, parts: readonly Settled<Segment, Result>[]): Outcome<Result> {
    const durationMs = parts.reduce((sum, part) => sum + part.durationMs, 0);
    const failed = parts.find((part) => part.status === 'failed');
    if (failed) return { database, durationMs, status: 'failed', error: failed.error };
    const skipped = parts.find((part) => part.status === 'skipped');
    if (skipped) {
      const obstacle = skipped.because;
      const { status } = settled.get(obstacle)!;
      const because = describeObstacle({ database: databaseOf(obstacle), status });
      return { database, durationMs, status: 'skipped', because };
    }
    const results = parts.flatMap((part) => (part.status === 'done' ? [part.result] : []));
    return { database, durationMs, status: 'done', result: join(results) };
  }
}
