import type { PartitionMaker } from '@atriz/database';
import { parseTable } from '@atriz/database/workspace';
import type pg from 'pg';
import { qualified } from '../identifiers.ts';

/** Has the partitions from this month (in UTC) on made that are not there yet; resolves to how many it were. */
export async function makePartitions(
  client: pg.ClientBase,
  { function: name, months }: PartitionMaker,
): Promise<number> {
  const { rows } = await client.query<{ created: number }>(
    `SELECT ${qualified(...parseTable(name))}((now() AT TIME ZONE 'UTC')::date, $1::integer) AS created`,
    [months],
  );
  return rows[0]!.created;
}
