import type { MigrationNode } from './graph.ts';
import type { Segment } from './segments.ts';

/** A migration's place in a plan. */
export interface PlannedPlace {
  readonly number: number;
  readonly database: string;
  readonly node: MigrationNode;
  /** The numbers of those that must be done right before it. */
  readonly after: readonly number[];
}

/** Numbers the migrations of segments, from 1, in their order. */
export function numberMigrations(segments: readonly Segment[]): PlannedPlace[] {
  const places: PlannedPlace[] = [];
  const lasts = new Map<Segment, number>();
  for (const segment of segments) {
    const before = awaitedBy(segment).map((each) => lasts.get(each)!);
    for (const [index, node] of segment.migrations.entries()) {
      const number = places.length + 1;
      const after = index > 0 ? [number - 1] : before.toSorted((a, b) => a - b);
      places.push({ number, database: segment.database, node, after });
      lasts.set(segment, number);
    }
  }
  return places;
}

/** The segments that it waits for itself: without empty ones, and without those that another of them waits for. */
function awaitedBy(segment: Segment): Segment[] {
  const nearest = nearestBefore(segment);
  return nearest.filter((each) => !nearest.some((other) => other !== each && allBefore(other).has(each)));
}

function nearestBefore({ after }: Segment): Segment[] {
  const found = [...after].flatMap((each) => (each.migrations.length > 0 ? [each] : nearestBefore(each)));
  return [...new Set(found)];
}

function allBefore({ after }: Segment): Set<Segment> {
  const found = new Set(after);
  for (const each of found) for (const other of each.after) found.add(other);
  return found;
}
