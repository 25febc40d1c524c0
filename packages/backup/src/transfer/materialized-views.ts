import type pg from 'pg';

/** Those that are filled, each behind what it is made of, through however many views. */
const VIEWS = `
WITH RECURSIVE uses AS (
  SELECT DISTINCT ev_class AS view, refobjid AS source FROM pg_rewrite
    JOIN pg_depend ON classid = 'pg_rewrite'::regclass AND objid = pg_rewrite.oid
     AND refclassid = 'pg_class'::regclass AND refobjid <> ev_class),
levels (oid, level) AS (
  SELECT oid, 0 FROM pg_class WHERE relkind = 'm'
  UNION
  SELECT view, level + 1 FROM levels JOIN uses ON source = levels.oid)
SELECT format('%I.%I', nspname, relname) AS name FROM levels
  JOIN pg_class ON pg_class.oid = levels.oid JOIN pg_namespace ON pg_namespace.oid = relnamespace
 WHERE relkind = 'm' AND relispopulated GROUP BY 1 ORDER BY max(level), 1`;

/** Computes the materialized views anew from the rows that are there. */
export async function refreshMaterializedViews(client: pg.ClientBase): Promise<void> {
  const { rows } = await client.query<{ name: string }>(VIEWS);
  for (const { name } of rows) await client.query(`REFRESH MATERIALIZED VIEW ${name}`);
}
