import pg from 'pg';
import { qualified } from './quoting.ts';
import type { TableName } from './table.ts';

interface Partition extends TableName {
  /** Of whose it is, quoted. */
  readonly parent: string;
  readonly bound: string;
  /** How it is divided itself; null for one that holds rows. */
  readonly divided: string | null;
  readonly secured: boolean;
  readonly forced: boolean;
  /** Its storage parameters, as WITH takes them. */
  readonly settings: string | null;
  readonly comment: string | null;
}

/** The outer ones first. Their names are worded with their schemas where the search path holds none. */
const PARTITIONS = `
SELECT nspname AS schema, relname AS name, inhparent::regclass::text AS parent,
       pg_get_expr(relpartbound, pg_class.oid) AS bound, pg_get_partkeydef(pg_class.oid) AS divided,
       relrowsecurity AS secured, relforcerowsecurity AS forced,
       (SELECT string_agg(format('%I = %L', option_name, option_value), ', ') FROM pg_options_to_table(reloptions)) AS settings,
       obj_description(pg_class.oid, 'pg_class') AS comment
  FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace JOIN pg_inherits ON inhrelid = pg_class.oid
 WHERE relispartition AND relkind IN ('r', 'p') AND nspname <> 'information_schema' AND nspname !~ '^pg_'
 ORDER BY (SELECT count(*) FROM pg_partition_ancestors(pg_class.oid)), 1, 2`;

/** Makes the partitions that a running system added to the tables of its migrations, in a copy that has not got them. */
export async function createPartitions(source: pg.ClientBase, copy: pg.ClientBase): Promise<void> {
  const [wanted, there] = [await readPartitions(source), await readPartitions(copy)];
  for (const partition of wanted) {
    if (there.some(({ schema, name }) => schema === partition.schema && name === partition.name)) continue;
    await copy.query(createStatements(partition).join('; '));
  }
}

/** Of what else a partition may have of its own, the comparison that follows tells. */
function createStatements(partition: Partition): string[] {
  const { parent, bound, divided, secured, forced, settings, comment } = partition;
  const name = qualified(partition);
  const divides = divided === null ? '' : ` PARTITION BY ${divided}`;
  const stored = settings === null ? '' : ` WITH (${settings})`;
  const statements = [`CREATE TABLE ${name} PARTITION OF ${parent} ${bound}${divides}${stored}`];
  if (secured) statements.push(`ALTER TABLE ${name} ENABLE ROW LEVEL SECURITY`);
  if (forced) statements.push(`ALTER TABLE ${name} FORCE ROW LEVEL SECURITY`);
  if (comment !== null) statements.push(`COMMENT ON TABLE ${name} IS ${pg.escapeLiteral(comment)}`);
  return statements;
}

async function readPartitions(client: pg.ClientBase): Promise<Partition[]> {
  await client.query('SET search_path = pg_catalog');
  const { rows } = await client.query<Partition>(PARTITIONS);
  await client.query('RESET search_path');
  return rows;
}
