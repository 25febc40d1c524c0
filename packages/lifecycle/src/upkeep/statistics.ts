import type pg from 'pg';
import { qualified } from '../identifiers.ts';

/** What a run notes in the ledger that analyzed, by which the next one knows. */
export const ANALYZED = 'statistics';

/** A run every night, a little earlier at times, finds that the last was long enough ago. */
const LEAST_HOURS = 20;

const WAS_ANALYZED = `
SELECT FROM atriz.runs
 WHERE command = 'maintain' AND $1 = ANY (changes) AND started_at > now() - make_interval(hours => $2) LIMIT 1`;

/** A partition is analyzed with its table, which autovacuum never does for the table itself. */
const LIST_TABLES = `
SELECT nspname AS schema, relname AS name
  FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
 WHERE relkind IN ('r', 'p', 'm') AND NOT relispartition AND relpersistence <> 't'
   AND nspname NOT IN ('atriz', 'information_schema') AND nspname !~ '^pg_'
   AND NOT EXISTS (SELECT FROM pg_depend
                    WHERE classid = 'pg_class'::regclass AND objid = pg_class.oid AND deptype = 'e')
 ORDER BY nspname, relname`;

/**
 * Has PostgreSQL gather statistics of every table of the product, unless a run did so in the last 20 hours; resolves to how many
 * tables it were. Each table is a transaction of its own; others read and write meanwhile.
 */
export async function refreshStatistics(client: pg.ClientBase): Promise<number> {
  const { rowCount } = await client.query(WAS_ANALYZED, [ANALYZED, LEAST_HOURS]);
  if (rowCount) return 0;
  const { rows } = await client.query<{ schema: string; name: string }>(LIST_TABLES);
  if (rows.length === 0) return 0;
  await client.query(`ANALYZE ${rows.map(({ schema, name }) => qualified(schema, name)).join(', ')}`);
  return rows.length;
}
