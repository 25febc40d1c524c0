import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type pg from 'pg';
import { createRowFormatter, type CopyValue } from './copy-format.ts';

export interface CopyTarget {
  /** A table name, quoted as it stands; for another schema than the search path's first, give `schema`. */
  readonly table: string;
  readonly schema?: string;
  /** The columns that each row gives, in that order. */
  readonly columns: readonly string[];
}

export type CopyRows = Iterable<readonly CopyValue[]> | AsyncIterable<readonly CopyValue[]>;

/** Large enough that a write costs little beside its rows, small enough that memory stays flat. */
const CHUNK_CHARACTERS = 32 * 1024;
/** After so many, a few milliseconds' work, the event loop gets its turn. */
const CHUNKS_A_TURN = 8;

/**
 * Loads rows through COPY, the fastest way in. `rows` is read as fast as the server takes it: memory stays flat
 * however many there are. All rows go in or none, and inside a transaction they belong to it.
 *
 * Rejects with pg's error, whose `where` names the line and column of the row at fault, or with whatever `rows` threw;
 * the client stays usable after either.
 *
 * @example
 * await withTransaction(db.pool, (client) =>
 *   copyRows(client, { table: 'tracking_data', columns: ['vehicle_id', 'recorded_at'] }, positions()));
 */
export async function copyRows(
  client: pg.ClientBase,
  { table, schema, columns }: CopyTarget,
  rows: CopyRows,
): Promise<{ readonly rows: number }> {
  const [{ from }, { escapeIdentifier }] = await Promise.all([import('pg-copy-streams'), import('pg')]);
  const name = [schema, table].filter((part) => part !== undefined).map(escapeIdentifier);
  const statement = `COPY ${name.join('.')} (${columns.map(escapeIdentifier).join(', ')}) FROM STDIN`;
  const stream = client.query(from(statement));
  await pipeline(Readable.from(chunksOf(rows), { objectMode: true, highWaterMark: 1 }), stream);
  return { rows: stream.rowCount ?? 0 };
}

async function* chunksOf(rows: CopyRows): AsyncGenerator<Buffer> {
  const format = createRowFormatter();
  let chunk = '';
  let chunks = 0;
  // A plain loop where the rows allow it: awaiting each of a million rows would cost more than sending them.
  if (Symbol.iterator in rows) {
    for (const row of rows) {
      chunk += format(row);
      if (chunk.length < CHUNK_CHARACTERS) continue;
      yield Buffer.from(chunk);
      chunk = '';
      // A server that keeps up never makes a write wait: without this, nothing else of the process would run meanwhile,
      // not even what reads that the server has refused a row.
      chunks += 1;
      if (chunks % CHUNKS_A_TURN === 0) await nextTurn();
    }
  } else {
    for await (const row of rows) {
      chunk += format(row);
      if (chunk.length < CHUNK_CHARACTERS) continue;
      yield Buffer.from(chunk);
      chunk = '';
    }
  }
  if (chunk !== '') yield Buffer.from(chunk);
}
