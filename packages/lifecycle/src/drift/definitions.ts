import type pg from 'pg';
import { OWN_OBJECTS } from './scope.ts';

/** What PostgreSQL itself says an object is called or made of; pg-introspection has the rows, not these. */
export type DefinitionKind =
  | 'schema'
  | 'relation'
  | 'subject'
  | 'index'
  | 'view'
  | 'partition key'
  | 'partition bound'
  | 'column'
  | 'column type'
  | 'column default'
  | 'column collation'
  | 'column storage'
  | 'column identity'
  | 'constraint'
  | 'constraint name'
  | 'type'
  | 'base type'
  | 'subtype'
  | 'policy name'
  | 'policy using'
  | 'policy check'
  | 'policy comment'
  | 'role';

/** Gives the text of an object by its oid, a column's by `<oid of the table>.<number>`, a policy's by `<oid>.<name>`. */
export type Definitions = (kind: DefinitionKind, id: string) => string | undefined;

const DEFINITIONS = `${OWN_OBJECTS},
columns AS (
  SELECT pg_attribute.*, attrelid || '.' || attnum AS id
    FROM pg_attribute JOIN relations ON relations.oid = attrelid
   WHERE attnum > 0 AND NOT attisdropped AND relkind IN ('r', 'p', 'f', 'v', 'm', 'c')),
texts (kind, id, text) AS (
  SELECT 'schema', oid::text, quote_ident(nspname) FROM schemas
  UNION ALL SELECT 'relation', oid::text, oid::regclass::text FROM relations
  UNION ALL SELECT 'subject', oid::text, subject FROM relations
  UNION ALL SELECT 'index', oid::text, pg_get_indexdef(oid) FROM relations WHERE relkind IN ('i', 'I')
  UNION ALL SELECT 'view', oid::text, pg_get_viewdef(oid) FROM relations WHERE relkind IN ('v', 'm')
  UNION ALL SELECT 'partition key', oid::text, pg_get_partkeydef(oid) FROM relations WHERE relkind = 'p'
  UNION ALL SELECT 'partition bound', oid::text, pg_get_expr(relpartbound, oid) FROM relations WHERE relispartition
  UNION ALL SELECT 'column', id, quote_ident(attname) FROM columns
  UNION ALL SELECT 'column type', id, format_type(atttypid, atttypmod) FROM columns
  UNION ALL SELECT 'column default', id, pg_get_expr(adbin, adrelid)
              FROM columns JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
  UNION ALL SELECT 'column collation', id, attcollation::regcollation::text
              FROM columns JOIN pg_type ON pg_type.oid = atttypid WHERE attcollation <> typcollation
  UNION ALL SELECT 'column storage', id,
                   CASE attstorage WHEN 'p' THEN 'plain' WHEN 'e' THEN 'external' WHEN 'm' THEN 'main' ELSE 'extended' END
              FROM columns JOIN pg_type ON pg_type.oid = atttypid WHERE attstorage <> typstorage
  UNION ALL SELECT 'column identity', refobjid || '.' || refobjsubid,
                   format('from %s to %s, starts at %s, increments by %s, caches %s%s',
                     seqmin, seqmax, seqstart, seqincrement, seqcache, CASE WHEN seqcycle THEN ', cycles' END)
              FROM pg_sequence JOIN pg_depend
                ON classid = 'pg_class'::regclass AND objid = seqrelid AND deptype = 'i' AND refclassid = 'pg_class'::regclass
  UNION ALL SELECT 'constraint', oid::text, pg_get_constraintdef(oid) FROM pg_constraint
             WHERE connamespace IN (SELECT oid FROM schemas)
  UNION ALL SELECT 'constraint name', oid::text, quote_ident(conname) FROM pg_constraint
             WHERE connamespace IN (SELECT oid FROM schemas)
  UNION ALL SELECT 'type', oid::text, oid::regtype::text FROM pg_type WHERE typnamespace IN (SELECT oid FROM schemas)
               AND NOT EXISTS (SELECT FROM of_extensions WHERE classid = 'pg_type'::regclass AND objid = oid)
  UNION ALL SELECT 'base type', oid::text, format_type(typbasetype, typtypmod)
              FROM pg_type WHERE typtype = 'd' AND typnamespace IN (SELECT oid FROM schemas)
  UNION ALL SELECT 'subtype', rngtypid::text, rngsubtype::regtype::text FROM pg_range
  UNION ALL SELECT 'policy name', polrelid || '.' || polname, quote_ident(polname) FROM pg_policy
  UNION ALL SELECT 'policy using', polrelid || '.' || polname, pg_get_expr(polqual, polrelid) FROM pg_policy
  UNION ALL SELECT 'policy check', polrelid || '.' || polname, pg_get_expr(polwithcheck, polrelid) FROM pg_policy
  UNION ALL SELECT 'policy comment', polrelid || '.' || polname, obj_description(oid, 'pg_policy') FROM pg_policy
  UNION ALL SELECT 'role', oid::text, quote_ident(rolname) FROM pg_roles)
SELECT kind, id, text FROM texts WHERE text IS NOT NULL`;

/** Reads all definitions of the product's own objects; `history` is left out. */
export async function readDefinitions(client: pg.ClientBase, history: string): Promise<Definitions> {
  const { rows } = await client.query<{ kind: string; id: string; text: string }>(DEFINITIONS, [history]);
  const texts = new Map(rows.map(({ kind, id, text }) => [`${kind} ${id}`, text]));
  return (kind, id) => texts.get(`${kind} ${id}`);
}
