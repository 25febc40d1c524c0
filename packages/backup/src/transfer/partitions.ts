import type pg from 'pg';
import { qualified } from './quoting.ts';
import type { TableName } from './table.ts';

interface Partition extends TableName {
  /** Of whose it is, quoted. */
  readonly parent: string;
  readonly bound: string;
  /** How it is divided itself; null for one that holds rows. */
  readonly divided: string | null;
}

/** The outer ones first. Their names are worded with their schemas where the search path holds none. */
const PARTITIONS = `
SELECT nspname AS schema, relname AS name, inhparent::regclass::text AS parent,
       pg_get_expr(relpartbound, pg_class.oid) AS bound, pg_get_partkeydef(pg_class.oid) AS divided
  FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace JOIN pg_inherits ON inhrelid = pg_class.oid
 WHERE relispartition AND relkind IN ('r', 'p') AND nspname <> 'information_schema' AND nspname !~ '^pg_'
 ORDER BY (SELECT count(*) FROM pg_partition_ancestors(pg_class.oid)), 1, 2`;

/** Makes the partitions that a running system added to the tables of its migrations, in a copy that has not got them. */
export async function createPartitions(source: pg.ClientBase, copy: pg.ClientBase): Promise<void> {
  const [wanted, there] = [await readPartitions(source), await readPartitions(copy)];
  for (const partition of wanted) {
    if (there.some(({ schema, name }) => schema === partition.schema && name === partition.name)) continue;
    const { parent, bound, divided } = partition;
    const divides = divided === null ? '' : ` PARTITION BY ${divided}`;
    await copy.query(`CREATE TABLE ${qualified(partition)} PARTITION OF ${parent} ${bound}${divides}`);
  }
}

async function readPartitions(client: pg.ClientBase): Promise<Partition[]> {
  await client.query('SET search_path = pg_catalog');
  const { rows } = await client.query<Partition>(PARTITIONS);
  await client.query('RESET search_path');
  return rows;
}
