import type { ExpiredRows } from '@atriz/database';
import { parseTable } from '@atriz/database/workspace';
import pg from 'pg';
import { qualified } from '../identifiers.ts';

/** Rows deleted in one transaction: a moment's work, and locks that are gone before somebody waits long. */
const BATCH_ROWS = 5000;

/**
 * Deletes the rows that had expired long enough when it began, in batches that are each a transaction; resolves to how
 * many it were. Rows that somebody else holds are left for the next time. `onRows` is told the number so far.
 */
export async function deleteExpired(
  client: pg.ClientBase,
  { table, column, keepDays }: ExpiredRows,
  onRows: (rows: number) => void,
): Promise<number> {
  const name = qualified(...parseTable(table));
  const isExpired = `${pg.escapeIdentifier(column)} < $1::timestamptz`;
  const { rows: cutoffs } = await client.query<{ cutoff: string }>(
    'SELECT (now() - make_interval(days => $1))::text AS cutoff',
    [keepDays],
  );
  const { cutoff } = cutoffs[0]!;
  // `ctid` is only where to look: the condition decides, and rows of several partitions have the same `ctid`.
  const places = `ARRAY(SELECT ctid FROM ${name} WHERE ${isExpired} LIMIT ${BATCH_ROWS} FOR UPDATE SKIP LOCKED)`;
  for (let rows = 0; ;) {
    const { rowCount } = await client.query(`DELETE FROM ${name} WHERE ctid = ANY (${places}) AND ${isExpired}`, [
      cutoff,
    ]);
    if (!rowCount) return rows;
    rows += rowCount;
    onRows(rows);
  }
}
