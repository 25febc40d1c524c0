import pg from 'pg';
import type { ManifestDatabase } from '../manifest/manifest.ts';

type ManifestSequence = ManifestDatabase['sequences'][number];

/** A sequence, and how far the column that it belongs to has got. */
export interface Sequence extends ManifestSequence {
  readonly isDescending: boolean;
  /** The farthest value of its column; null where it has no column of whole numbers, or that has no row. */
  readonly farthest: string | null;
}

interface SequenceRow {
  readonly schema: string;
  readonly name: string;
  readonly isDescending: boolean;
  /** Quoted for SQL. */
  readonly table: string | null;
  readonly column: string | null;
}

const READ_SEQUENCES = `
SELECT nspname AS schema, relname AS name, seqincrement < 0 AS "isDescending",
       format('%I.%I', owner_namespace, owner) AS "table", format('%I', attname) AS "column"
  FROM pg_sequence
  JOIN pg_class ON pg_class.oid = seqrelid
  JOIN pg_namespace ON pg_namespace.oid = relnamespace
  LEFT JOIN LATERAL (
    SELECT owned.relname AS owner, owned.relnamespace::regnamespace::name AS owner_namespace, attname
      FROM pg_depend
      JOIN pg_class AS owned ON owned.oid = refobjid
      JOIN pg_attribute ON attrelid = refobjid AND attnum = refobjsubid
     WHERE classid = 'pg_class'::regclass AND objid = seqrelid AND refclassid = 'pg_class'::regclass
       AND deptype IN ('a', 'i') AND atttypid IN ('int2'::regtype, 'int4'::regtype, 'int8'::regtype)
     LIMIT 1) AS ownership ON true
 WHERE relpersistence = 'p' AND NOT starts_with(nspname, 'pg_')
   AND NOT EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_class'::regclass AND objid = seqrelid AND deptype = 'e')
 ORDER BY nspname COLLATE "C", relname COLLATE "C"`;

/**
 * Reads where the sequences are. A sequence is no part of a snapshot: it may have gone on since, never back.
 * To be called after `pinSettings`.
 */
export async function readSequences(client: pg.ClientBase): Promise<readonly ManifestSequence[]> {
  return (await readRows(client)).map(({ schema, name, lastValue, isCalled }) => ({
    schema,
    name,
    lastValue,
    isCalled,
  }));
}

/** {@link readSequences} with how far their columns have got. */
export async function readSequencesAndColumns(client: pg.ClientBase): Promise<readonly Sequence[]> {
  return readRows(client, { columns: true });
}

async function readRows(client: pg.ClientBase, { columns = false } = {}): Promise<readonly Sequence[]> {
  const { rows: sequences } = await client.query<SequenceRow>(READ_SEQUENCES);
  if (sequences.length === 0) return [];
  const queries = sequences.map(({ schema, name, table, column, isDescending }, index) => {
    const farthest =
      columns && table !== null && column !== null
        ? `(SELECT ${isDescending ? 'min' : 'max'}(${column})::text FROM ${table})`
        : 'NULL';
    return `SELECT ${index} AS place, last_value::text AS "lastValue", is_called AS "isCalled", ${farthest} AS farthest
  FROM ${pg.escapeIdentifier(schema)}.${pg.escapeIdentifier(name)}`;
  });
  const { rows } = await client.query<Pick<Sequence, 'lastValue' | 'isCalled' | 'farthest'>>(
    `${queries.join('\nUNION ALL\n')}\nORDER BY place`,
  );
  return rows.map(({ lastValue, isCalled, farthest }, index) => {
    const { schema, name, isDescending } = sequences[index]!;
    return { schema, name, isDescending, lastValue, isCalled, farthest };
  });
}
