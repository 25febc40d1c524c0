import type pg from 'pg';
import type { HashedTable } from './row-hash.ts';

/**
 * The tables whose rows are counted, in the order of their names: ordinary ones and the leaves of partitioned ones, in
 * every schema that is not PostgreSQL's, the ledger and the history among them.
 *
 * Not among them: unlogged and temporary tables (a crash empties them, and so does a base backup), foreign ones (their
 * rows are elsewhere), materialized views (they are filled anew), and an extension's own (its version on the server where
 * the set is restored fills them).
 */
const READ_TABLES = `
SELECT nspname AS schema, relname AS name,
       coalesce((SELECT jsonb_agg(jsonb_build_object(
                          'name', attname,
                          'type', CASE WHEN typnamespace = 'pg_catalog'::regnamespace THEN typname END,
                          'hasModifier', atttypmod <> -1) ORDER BY attnum)
                   FROM pg_attribute JOIN pg_type ON pg_type.oid = atttypid
                  WHERE attrelid = pg_class.oid AND attnum > 0 AND NOT attisdropped AND attgenerated <> 'v'), '[]') AS columns
  FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
 WHERE relkind = 'r' AND relpersistence = 'p' AND NOT starts_with(nspname, 'pg_') AND nspname <> 'information_schema'
   AND NOT EXISTS (SELECT FROM pg_depend
                    WHERE classid = 'pg_class'::regclass AND objid = pg_class.oid AND objsubid = 0 AND deptype = 'e')
 ORDER BY nspname COLLATE "C", relname COLLATE "C"`;

/** Reads which tables there are, and their columns. To be called after `pinSettings`. */
export async function readTables(client: pg.ClientBase): Promise<readonly HashedTable[]> {
  return (await client.query<HashedTable>(READ_TABLES)).rows;
}
