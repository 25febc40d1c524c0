import type { Definition, ExpiredRows, PartitionMaker, RequestedDeletions } from '@atriz/database';

/** One thing that is done to keep a database up. */
export type Task =
  | ({ readonly kind: 'partitions' } & PartitionMaker)
  | ({ readonly kind: 'deletions' } & RequestedDeletions)
  | ({ readonly kind: 'expired' } & ExpiredRows)
  | { readonly kind: 'statistics' };

/**
 * What is done to a database, in this order: partitions first, because rows may come at any moment that need them;
 * statistics last, because what was done before changes them. An instance of a definition leaves deletions to the
 * definition's own database.
 */
export function planUpkeep(
  { maintenance = {} }: Pick<Definition, 'maintenance'>,
  { isInstance = false }: { readonly isInstance?: boolean } = {},
): Task[] {
  const { partitions = [], deletions, expired = [] } = maintenance;
  return [
    ...partitions.map(({ function: name, months }): Task => ({ kind: 'partitions', function: name, months })),
    ...(deletions && !isInstance ? [{ kind: 'deletions', ...deletions } as const] : []),
    ...expired.map(({ table, column, keepDays }): Task => ({ kind: 'expired', table, column, keepDays })),
    { kind: 'statistics' },
  ];
}

/** What a task will do, for a person. */
export function describeTask(task: Task): string {
  switch (task.kind) {
    case 'partitions':
      return `partitions for ${task.months === 1 ? 'this month' : `${task.months} months`}, by ${task.function}`;
    case 'deletions':
      return `deletions that ${task.table} asks for`;
    case 'expired':
      return `rows of ${task.table} whose ${task.column} is ${task.keepDays === 1 ? 'a day' : `${task.keepDays} days`} ago`;
    case 'statistics':
      return 'statistics for the planner';
  }
}
