import { pipeline } from 'node:stream/promises';
import pg from 'pg';
import { from as copyFrom, to as copyTo } from 'pg-copy-streams';
import { qualified } from './quoting.ts';
import type { Table, TableName } from './table.ts';

export interface CopyRowsOptions {
  /** In a session that nothing else is sent on meanwhile. */
  readonly from: pg.ClientBase;
  readonly source: Table;
  readonly to: pg.ClientBase;
  readonly into: TableName;
}

/**
 * Copies a table's rows through this process, no faster than they are taken: memory stays flat. Computed columns are
 * left to be computed; values of identity columns are those of the source. Returns how many rows went in.
 */
export async function copyRows({ from, source, to, into }: CopyRowsOptions): Promise<number> {
  const columns = source.columns
    .filter(({ generated }) => !generated)
    .map(({ name }) => pg.escapeIdentifier(name))
    .join(', ');
  // A table without columns has rows all the same.
  const list = columns === '' ? '' : `(${columns})`;
  const only = source.partitioned ? '' : 'ONLY ';
  const rows = to.query(copyFrom(`COPY ${qualified(into)} ${list} FROM STDIN`));
  await pipeline(from.query(copyTo(`COPY (SELECT ${columns} FROM ${only}${qualified(source)}) TO STDOUT`)), rows);
  return rows.rowCount ?? 0;
}
