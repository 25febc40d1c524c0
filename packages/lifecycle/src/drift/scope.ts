/**
 * The beginning of each of our queries on the catalogs: the schemas, and the relations in them, that are the product's
 * own. Not those of the system, of Atriz, of an extension; not node-pg-migrate's history (`$1`), its sequence and index.
 */
export const OWN_OBJECTS = `
WITH history AS (SELECT coalesce(to_regclass($1)::oid, 0) AS oid),
of_extensions AS (SELECT classid, objid FROM pg_depend WHERE deptype = 'e'),
schemas AS (
  SELECT * FROM pg_namespace
   WHERE nspname NOT IN ('information_schema', 'atriz') AND nspname !~ '^pg_'
     AND NOT EXISTS (SELECT FROM of_extensions WHERE classid = 'pg_namespace'::regclass AND objid = oid)),
relations AS (
  SELECT pg_class.*,
         CASE relkind WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view' WHEN 'S' THEN 'sequence'
                      WHEN 'f' THEN 'foreign table' WHEN 'c' THEN 'type' ELSE 'table' END
         || ' ' || CASE WHEN relkind = 'c' THEN reltype::regtype::text ELSE pg_class.oid::regclass::text END AS subject
    FROM pg_class, history
   WHERE relnamespace IN (SELECT oid FROM schemas) AND pg_class.oid <> history.oid
     AND NOT EXISTS (SELECT FROM of_extensions WHERE classid = 'pg_class'::regclass AND objid = pg_class.oid)
     AND NOT EXISTS (SELECT FROM pg_index LEFT JOIN of_extensions
                         ON classid = 'pg_class'::regclass AND objid = indrelid
                      WHERE indexrelid = pg_class.oid AND (indrelid = history.oid OR objid IS NOT NULL))
     AND NOT EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_class'::regclass AND objid = pg_class.oid
                        AND refclassid = 'pg_class'::regclass AND refobjid = history.oid AND deptype IN ('a', 'i')))`;
