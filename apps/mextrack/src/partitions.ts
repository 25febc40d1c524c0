import type { DatabasePool } from '@atriz/database';

export interface PartitionsOptions {
  /** Any moment of the first month, which is counted in UTC. Default: now. */
  readonly from?: Date;
  /** How many months, the first one included. Default 3. */
  readonly months?: number;
}

/**
 * Makes the partitions of `tracking_data` that do not exist yet, and resolves to how many it made. Call it at start
 * and once a day: it costs one query when there is nothing to make. A position whose month has no partition is not
 * lost meanwhile; it waits in `tracking_data_default` and moves when its partition is made.
 */
export async function createTrackingPartitions(
  db: Pick<DatabasePool, 'query'>,
  { from = new Date(), months = 3 }: PartitionsOptions = {},
): Promise<number> {
  const { rows } = await db.query<{ created: number }>('SELECT create_tracking_partitions($1, $2) AS created', [
    from.toISOString().slice(0, 10),
    months,
  ]);
  return rows[0]!.created;
}
