import type pg from 'pg';
import { HISTORY_SCHEMA } from '../migrations/history.ts';

/** What the catalog knows of a column and kysely-codegen's introspection does not ask. */
export interface ColumnFacts {
  readonly schema: string;
  readonly table: string;
  readonly column: string;
  /** The type in the end: of a domain, what it is made of; of an array, what its elements are. */
  readonly typeSchema: string;
  readonly type: string;
  /** The type's `typtype`: `b`ase, `c`omposite, `d`omain (of an array's elements only), `e`num, `r`ange, `m`ultirange. */
  readonly kind: string;
  /** In the order of their declaration; empty for what is no enum. */
  readonly labels: readonly string[];
  /** The array type's own object id, by which pg chooses a parser; `null` for what is no array. */
  readonly arrayOid: number | null;
  readonly nullable: boolean;
  /** By the column or its domain, or as an identity. */
  readonly hasDefault: boolean;
  /** GENERATED ALWAYS, as an expression or an identity: the server refuses a value. */
  readonly computed: boolean;
}

/**
 * The columns that belong to the schema which migrations make: not the ledger's, not the history's, not an extension's,
 * and not those of partitions, which are their table's. What a domain says of NULL and of a default holds for tables: an outer join of a
 * view is not bound by it.
 */
const COLUMN_FACTS = `
WITH RECURSIVE resolved (type, base, required, defaulted) AS (
  SELECT oid, oid, typnotnull, typdefault IS NOT NULL FROM pg_type
  UNION ALL
  SELECT resolved.type, made_of.oid, required OR made_of.typnotnull, defaulted OR made_of.typdefault IS NOT NULL
    FROM resolved JOIN pg_type AS domain ON domain.oid = base AND domain.typtype = 'd'
    JOIN pg_type AS made_of ON made_of.oid = domain.typbasetype
)
SELECT nspname AS schema, relname AS "table", attname AS "column",
       (SELECT nspname FROM pg_namespace AS home WHERE home.oid = actual.typnamespace) AS "typeSchema", actual.typname AS type, actual.typtype AS kind,
       ARRAY(SELECT enumlabel::text FROM pg_enum WHERE enumtypid = actual.oid ORDER BY enumsortorder) AS labels,
       CASE WHEN is_array THEN base::int8::float8 END AS "arrayOid",
       NOT (attnotnull OR required AND is_table) AS nullable,
       atthasdef OR attidentity <> '' OR defaulted AND is_table AS "hasDefault",
       attgenerated <> '' OR attidentity = 'a' AS computed
  FROM pg_class
  JOIN pg_namespace ON pg_namespace.oid = relnamespace
  JOIN pg_attribute ON attrelid = pg_class.oid AND attnum > 0 AND NOT attisdropped
  JOIN resolved ON resolved.type = atttypid
  JOIN pg_type AS own ON own.oid = base AND own.typtype <> 'd'
  CROSS JOIN LATERAL (SELECT own.typcategory = 'A' AND own.typelem <> 0 AS is_array, relkind NOT IN ('v', 'm') AS is_table) AS shape
  JOIN pg_type AS actual ON actual.oid = CASE WHEN is_array THEN own.typelem ELSE own.oid END
 WHERE relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT relispartition
   AND nspname NOT IN ('atriz', 'information_schema') AND nspname !~ '^pg_'
   AND NOT (nspname = $1 AND relname = $2)
   AND NOT EXISTS (SELECT FROM pg_depend
                    WHERE classid = 'pg_class'::regclass AND objid = pg_class.oid AND deptype = 'e')
 ORDER BY nspname, relname, attnum`;

/** Reads the facts of every column of the schema, in the order in which the tables have them. */
export async function readColumnFacts(client: pg.ClientBase, historyTable: string): Promise<ColumnFacts[]> {
  const { rows } = await client.query<ColumnFacts>(COLUMN_FACTS, [HISTORY_SCHEMA, historyTable]);
  return rows;
}
