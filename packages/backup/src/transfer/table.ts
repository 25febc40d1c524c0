import { qualified } from './quoting.ts';
import type pg from 'pg';

export interface TableName {
  readonly schema: string;
  readonly name: string;
}

export interface Column {
  readonly name: string;
  /** As PostgreSQL words it: `numeric(12,2)`. */
  readonly type: string;
  /** Whether its value is computed, and so not copied. */
  readonly generated: boolean;
  /** Whether a row can do without a value of it. */
  readonly optional: boolean;
}

/** A sequence that gives a column its values. */
export interface OwnedSequence {
  readonly column: string;
  /** Quoted, with its schema. */
  readonly sequence: string;
}

/** What a table is, as far as its rows are copied. */
export interface Table extends TableName {
  readonly partitioned: boolean;
  readonly columns: readonly Column[];
  readonly sequences: readonly OwnedSequence[];
}

const KIND = `SELECT relkind = 'p' AS partitioned FROM pg_class WHERE oid = to_regclass($1) AND relkind IN ('r', 'p')`;

const COLUMNS = `
SELECT attname AS name, format_type(atttypid, atttypmod) AS type, attgenerated <> '' AS generated,
       NOT attnotnull OR atthasdef OR attidentity <> '' AS optional
  FROM pg_attribute WHERE attrelid = to_regclass($1) AND attnum > 0 AND NOT attisdropped ORDER BY attnum`;

const SEQUENCES = `
SELECT attname AS column, pg_get_serial_sequence($1, attname) AS sequence
  FROM pg_attribute WHERE attrelid = to_regclass($1) AND attnum > 0 AND NOT attisdropped
   AND pg_get_serial_sequence($1, attname) IS NOT NULL ORDER BY attnum`;

/** Reads what a table is; undefined where there is none of that name. */
export async function readTable(client: pg.ClientBase, table: TableName): Promise<Table | undefined> {
  const name = qualified(table);
  const { rows } = await client.query<{ partitioned: boolean }>(KIND, [name]);
  if (rows[0] === undefined) return undefined;
  const columns = await client.query<Column>(COLUMNS, [name]);
  const sequences = await client.query<OwnedSequence>(SEQUENCES, [name]);
  const { schema } = table;
  return { schema, name: table.name, ...rows[0], columns: columns.rows, sequences: sequences.rows };
}

export interface SequenceState {
  readonly lastValue: string;
  readonly isCalled: boolean;
}

/** Where a sequence is; its name is quoted already. */
export async function readSequence(client: pg.ClientBase, sequence: string): Promise<SequenceState> {
  const { rows } = await client.query<SequenceState>(
    `SELECT last_value::text AS "lastValue", is_called AS "isCalled" FROM ${sequence}`,
  );
  return rows[0]!;
}

export async function setSequence(
  client: pg.ClientBase,
  sequence: string,
  { lastValue, isCalled }: SequenceState,
): Promise<void> {
  await client.query('SELECT setval($1::regclass, $2::bigint, $3)', [sequence, lastValue, isCalled]);
}
