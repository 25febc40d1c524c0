import type { Server } from './server.ts';

/** Everything that a migration can make, one line each: what is there before and after must be the same lines. */
const CATALOG = `
SELECT line FROM (
  SELECT format('relation %s %s.%s %s', relkind, nspname, relname, coalesce(array_to_string(reloptions, ','), '')) AS line
    FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
   WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'
  UNION ALL
  SELECT format('column %s.%s.%s %s %s %s', nspname, relname, attname, format_type(atttypid, atttypmod),
                CASE WHEN attnotnull THEN 'NOT NULL' END, pg_get_expr(adbin, adrelid))
    FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid JOIN pg_namespace ON pg_namespace.oid = relnamespace
    LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
   WHERE attnum > 0 AND NOT attisdropped AND nspname !~ '^pg_' AND nspname <> 'information_schema'
  UNION ALL
  SELECT format('constraint %s.%s %s', conrelid::regclass, conname, pg_get_constraintdef(pg_constraint.oid))
    FROM pg_constraint JOIN pg_namespace ON pg_namespace.oid = connamespace
   WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'
  UNION ALL
  SELECT format('index %s', indexdef) FROM pg_indexes WHERE schemaname !~ '^pg_'
  UNION ALL
  SELECT format('trigger %s', pg_get_triggerdef(oid)) FROM pg_trigger WHERE NOT tgisinternal
  UNION ALL
  SELECT format('function %s', pg_get_functiondef(pg_proc.oid))
    FROM pg_proc JOIN pg_namespace ON pg_namespace.oid = pronamespace
   WHERE nspname !~ '^pg_' AND nspname <> 'information_schema' AND prokind IN ('f', 'p')
  UNION ALL
  SELECT format('type %s.%s %s', nspname, typname, (SELECT string_agg(enumlabel, ',' ORDER BY enumsortorder) FROM pg_enum WHERE enumtypid = pg_type.oid))
    FROM pg_type JOIN pg_namespace ON pg_namespace.oid = typnamespace
   WHERE nspname !~ '^pg_' AND nspname <> 'information_schema' AND typtype IN ('e', 'd')
  UNION ALL
  SELECT format('comment %s: %s', pg_describe_object(classoid, objoid, objsubid), description)
    FROM pg_description WHERE objoid >= 16384
) AS lines ORDER BY line COLLATE "C"`;

const TABLES = `
SELECT format('%I.%I', nspname, relname) AS name
  FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
 WHERE relkind = 'r' AND nspname !~ '^pg_' AND nspname <> 'information_schema' ORDER BY 1`;

/** The schema of a database, one line an object. */
export async function readCatalog(server: Server, database: string): Promise<string[]> {
  return (await server.query<{ line: string }>(database, CATALOG)).map(({ line }) => line);
}

/** For each table of a database, the history and the ledger among them, the number of its rows and their hash. */
export async function readContents(server: Server, database: string): Promise<Record<string, string>> {
  const tables = await server.query<{ name: string }>(database, TABLES);
  if (tables.length === 0) return {};
  const [row] = await server.query<Record<string, string>>(
    database,
    `SELECT ${tables
      .map(
        ({ name }, index) =>
          `(SELECT count(*) || ' rows, ' || coalesce(md5(string_agg(t::text, E'\\n' ORDER BY t::text COLLATE "C")), '-')
              FROM ONLY ${name} AS t) AS t${index}`,
      )
      .join(', ')}`,
  );
  return Object.fromEntries(tables.map(({ name }, index) => [name, row![`t${index}`]!]));
}

/** What autovacuum and ANALYZE write into `pg_class` when they please. */
const UPKEEP = ['relpages', 'reltuples', 'relallvisible', 'relallfrozen', 'relfrozenxid', 'relminmxid'];

/** Every table of PostgreSQL's own that is about this database, but the statistics, which ANALYZE writes. */
const SYSTEM_TABLES = `
SELECT relname AS name FROM pg_class
 WHERE relnamespace = 'pg_catalog'::regnamespace AND relkind = 'r' AND NOT relisshared
   AND relname NOT IN ('pg_statistic', 'pg_statistic_ext_data') ORDER BY 1`;

const SEQUENCES = `
SELECT format('%I.%I', nspname, relname) AS name
  FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace WHERE relkind = 'S' ORDER BY 1`;

const THE_DATABASE = `
SELECT (to_jsonb(pg_database) - 'datfrozenxid' - 'datminmxid')::text AS line FROM pg_database WHERE datname = current_database()
UNION ALL
SELECT pg_db_role_setting::text FROM pg_db_role_setting
 WHERE setdatabase = (SELECT oid FROM pg_database WHERE datname = current_database())`;

function rowsOf(name: string, row: string): string {
  return `SELECT '${name.replaceAll("'", "''")}' AS name, count(*) || ' rows, ' || coalesce(
    md5(string_agg(xmin || ' ' || ctid::text || ' ' || ${row}, E'\\n' ORDER BY ctid)), '-') AS value FROM ONLY ${name} AS t`;
}

/**
 * All that a database holds: every row of every table and of every catalog with the transaction that wrote it and its
 * place, every sequence, and the database's own settings. When two of these are equal nothing was written in between,
 * not even the same values again.
 */
export async function readWhole(server: Server, database: string): Promise<Record<string, string>> {
  const names = async (text: string): Promise<string[]> =>
    (await server.query<{ name: string }>(database, text)).map(({ name }) => name);
  const withoutUpkeep = `(to_jsonb(t) - '{${UPKEEP.join(',')}}'::text[])::text`;
  const parts = [
    ...(await names(TABLES)).map((name) => rowsOf(name, 't::text')),
    ...(await names(SYSTEM_TABLES)).map((name) => rowsOf(name, name === 'pg_class' ? withoutUpkeep : 't::text')),
    ...(await names(SEQUENCES)).map(
      (name) => `SELECT '${name.replaceAll("'", "''")}', last_value || ' ' || is_called FROM ${name}`,
    ),
    `SELECT 'database', string_agg(line, E'\\n' ORDER BY line) FROM (${THE_DATABASE}) AS lines`,
  ];
  const rows = await server.query<{ name: string; value: string }>(database, parts.join('\nUNION ALL\n'));
  return Object.fromEntries(rows.map(({ name, value }) => [name, value]));
}
