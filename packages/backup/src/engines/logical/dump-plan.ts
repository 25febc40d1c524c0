import type pg from 'pg';
import type { Part } from '../engine.ts';

/** A run of pg_dump: what of a database it writes, and into which part. */
export interface PlannedDump {
  readonly part: Part;
  /** What selects it, without what all runs have in common. */
  readonly selection: readonly string[];
  /** A guess at its size, so that the longest are begun first. */
  readonly bytes: number;
}

export interface DumpPlanOptions {
  /** The definition's name. */
  readonly database: string;
  readonly server: number;
  /** A table with more than this, indexes not counted, is a part of its own. */
  readonly partBytes: number;
}

export interface TableSize {
  readonly schema: string;
  readonly name: string;
  readonly bytes: number;
}

/** Tables with rows of their own. Those of an extension are written with the rest, as far as the extension says so. */
const SIZES = `
SELECT nspname AS schema, relname AS name, pg_table_size(pg_class.oid)::float8 AS bytes
  FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
 WHERE relkind = 'r' AND relpersistence <> 't' AND nspname <> 'information_schema' AND nspname !~ '^pg_'
   AND NOT EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_class'::regclass AND objid = pg_class.oid AND deptype = 'e')
 ORDER BY 1, 2`;

/** How large each table is now. */
export async function readTableSizes(client: pg.ClientBase): Promise<TableSize[]> {
  return (await client.query<TableSize>(SIZES)).rows;
}

/**
 * Divides a database: one archive of its structure, one of its rows, and one for each large table's rows. All are taken
 * at one snapshot, so that they fit together. Sequences and large objects are with the rest of the rows. Pure.
 */
export function planDumps(
  tables: readonly TableSize[],
  { database, server, partBytes }: DumpPlanOptions,
): PlannedDump[] {
  const large = tables.filter(({ bytes }) => bytes > partBytes);
  const small = tables.filter(({ bytes }) => bytes <= partBytes);
  const part = (name: string, kind: Part['kind']): Part => ({
    path: `${database}/${name}.dump`,
    kind,
    database,
    server,
  });
  return [
    { part: part('schema', 'schema'), selection: ['--section=pre-data', '--section=post-data'], bytes: 0 },
    {
      part: part('data', 'data'),
      selection: ['--section=data', ...large.map((table) => `--exclude-table-data=${patternOf(table)}`)],
      bytes: small.reduce((sum, { bytes }) => sum + bytes, 0),
    },
    ...large.map((table, index) => ({
      part: part(`data-${String(index + 1).padStart(4, '0')}`, 'data'),
      selection: ['--section=data', `--table=${patternOf(table)}`],
      bytes: table.bytes,
    })),
  ];
}

/** Within double quotes pg_dump's patterns have no special characters. */
function patternOf({ schema, name }: TableSize): string {
  return [schema, name].map((each) => `"${each.replaceAll('"', '""')}"`).join('.');
}
