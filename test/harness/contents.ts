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
