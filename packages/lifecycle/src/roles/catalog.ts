import type pg from 'pg';
import type { Attributes } from './layer.ts';
import type { RoleNames } from './names.ts';

/** Who asks, and what the server lets it do. */
export interface Login {
  readonly name: string;
  readonly superuser: boolean;
  readonly createRole: boolean;
  readonly createDatabase: boolean;
  readonly bypassRls: boolean;
  readonly serverVersion: number;
}

export interface CatalogRole extends Attributes {
  readonly name: string;
  /** Which roles it is a member of. */
  readonly memberOf: readonly string[];
  /** Whether the one who asks may become it. */
  readonly joined: boolean;
}

/** `default` is what roles get on what the owner will make. */
export type ObjectKind = 'database' | 'schema' | 'relation' | 'routine' | 'type' | 'default';

export interface CatalogObject {
  readonly kind: ObjectKind;
  /** As SQL names it, after {@link word}. */
  readonly identity: string;
  /** What ALTER and GRANT call it: `TABLE`, `SEQUENCE`, `ROUTINE`, …. */
  readonly word: string;
  readonly owner: string;
  readonly schema: string;
  readonly name: string;
  /** `pg_class.relkind` of a relation. */
  readonly relkind: string | null;
  /** Follows its table's owner and cannot be given away apart: the sequence of a column. */
  readonly dependent: boolean;
  readonly partition: boolean;
  readonly policies: boolean;
  readonly rowSecurity: boolean;
  readonly forced: boolean;
  /** Of a relation, in their order. */
  readonly columns: readonly string[];
}

export interface Privilege {
  /** {@link CatalogObject.kind} and {@link CatalogObject.identity}. */
  readonly kind: ObjectKind;
  readonly identity: string;
  readonly column: string | null;
  /** A role's name, or null for PUBLIC. */
  readonly grantee: string | null;
  readonly privilege: string;
  readonly grantable: boolean;
}

/** Everything that the plan of the roles looks at. */
export interface RoleCatalog {
  readonly login: Login;
  readonly database: string;
  /** The layer that was applied last; undefined where none was. */
  readonly version: number | undefined;
  readonly roles: readonly CatalogRole[];
  readonly objects: readonly CatalogObject[];
  readonly privileges: readonly Privilege[];
}

const LOGIN = `
SELECT current_user AS name, rolsuper AS superuser, rolcreaterole AS "createRole", rolcreatedb AS "createDatabase", rolbypassrls AS "bypassRls",
       current_setting('server_version_num')::int AS "serverVersion", current_database() AS database,
       to_regclass('atriz.roles') IS NOT NULL AS layered
  FROM pg_roles WHERE rolname = current_user`;

const ROLES = `
SELECT rolname AS name, rolcanlogin, rolsuper, rolcreatedb, rolcreaterole, rolreplication, rolbypassrls,
       ARRAY(SELECT DISTINCT pg_get_userbyid(roleid)::text FROM pg_auth_members WHERE member = pg_roles.oid ORDER BY 1) AS "memberOf",
       pg_has_role(current_user, oid, 'USAGE') AS joined
  FROM pg_roles WHERE rolname = ANY ($1)`;

/** What is in the database and belongs to no extension: schemas, relations, routines and types that are made by name. */
const OBJECTS = `
WITH schemas AS (
  SELECT oid, nspname, nspowner, nspacl FROM pg_namespace
   WHERE nspname <> 'information_schema' AND nspname !~ '^pg_'
     AND NOT EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_namespace'::regclass AND objid = pg_namespace.oid AND deptype = 'e')),
own (kind, classid, objid, word, identity, owner, acl, schema, name, relkind, dependent, partition, policies, "rowSecurity", forced) AS (
  SELECT 'database', 'pg_database'::regclass, oid, 'DATABASE', quote_ident(datname), datdba,
         coalesce(datacl, acldefault('d', datdba)), '', datname, NULL::"char", false, false, false, false, false
    FROM pg_database WHERE datname = current_database()
  UNION ALL
  SELECT 'schema', 'pg_namespace'::regclass, oid, 'SCHEMA', quote_ident(nspname), nspowner,
         coalesce(nspacl, acldefault('n', nspowner)), nspname, nspname, NULL, false, false, false, false, false
    FROM schemas
  UNION ALL
  SELECT 'relation', 'pg_class'::regclass, pg_class.oid,
         CASE relkind WHEN 'S' THEN 'SEQUENCE' WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW'
                      WHEN 'f' THEN 'FOREIGN TABLE' ELSE 'TABLE' END,
         format('%I.%I', nspname, relname), relowner,
         coalesce(relacl, acldefault(CASE relkind WHEN 'S' THEN 's' ELSE 'r' END::"char", relowner)), nspname, relname, relkind,
         relkind = 'S' AND EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_class'::regclass AND objid = pg_class.oid
                                    AND refclassid = 'pg_class'::regclass AND deptype IN ('a', 'i')),
         relispartition, EXISTS (SELECT FROM pg_policy WHERE polrelid = pg_class.oid), relrowsecurity, relforcerowsecurity
    FROM pg_class JOIN schemas ON schemas.oid = relnamespace WHERE relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
  UNION ALL
  SELECT 'routine', 'pg_proc'::regclass, pg_proc.oid, 'ROUTINE',
         format('%I.%I(%s)', nspname, proname, pg_get_function_identity_arguments(pg_proc.oid)), proowner,
         coalesce(proacl, acldefault('f', proowner)), nspname, proname, NULL, false, false, false, false, false
    FROM pg_proc JOIN schemas ON schemas.oid = pronamespace
  UNION ALL
  SELECT 'type', 'pg_type'::regclass, pg_type.oid, 'TYPE', format('%I.%I', nspname, typname), typowner,
         NULL, nspname, typname, NULL, false, false, false, false, false
    FROM pg_type JOIN schemas ON schemas.oid = typnamespace LEFT JOIN pg_class ON pg_class.oid = typrelid
   WHERE typtype IN ('d', 'e', 'r') OR relkind = 'c'),
objects AS (
  SELECT * FROM own WHERE NOT EXISTS (
    SELECT FROM pg_depend WHERE pg_depend.classid = own.classid AND pg_depend.objid = own.objid AND deptype = 'e'))`;

const LIST_OBJECTS = `${OBJECTS}
SELECT kind, identity, word, pg_get_userbyid(owner) AS owner, schema, name,
       relkind, dependent, partition, policies, "rowSecurity", forced,
       ARRAY(SELECT attname::text FROM pg_attribute
              WHERE kind = 'relation' AND attrelid = objid AND attnum > 0 AND NOT attisdropped ORDER BY attnum) AS columns
  FROM objects ORDER BY array_position(ARRAY['database', 'schema'], kind), kind, identity`;

/**
 * What is granted to the roles of the layer and to PUBLIC. Left out is what PUBLIC may do with routines and types: that
 * is PostgreSQL's own default, and a migration's to take away.
 */
const LIST_PRIVILEGES = `${OBJECTS},
entries AS (
  SELECT kind, identity, NULL::name AS "column", acl.* FROM objects CROSS JOIN LATERAL aclexplode(objects.acl) acl
  UNION ALL
  SELECT kind, identity, attname, acl.*
    FROM objects JOIN pg_attribute ON attrelid = objid AND attacl IS NOT NULL AND NOT attisdropped
   CROSS JOIN LATERAL aclexplode(attacl) acl WHERE kind = 'relation'
  UNION ALL
  SELECT 'default', CASE defaclobjtype WHEN 'r' THEN 'TABLES' WHEN 'S' THEN 'SEQUENCES' WHEN 'f' THEN 'ROUTINES'
                                       WHEN 'T' THEN 'TYPES' WHEN 'n' THEN 'SCHEMAS' ELSE 'LARGE OBJECTS' END, NULL, acl.*
    FROM pg_default_acl CROSS JOIN LATERAL aclexplode(defaclacl) acl
   WHERE defaclrole = (SELECT oid FROM pg_roles WHERE rolname = $2) AND defaclnamespace = 0)
SELECT kind, identity, "column", rolname AS grantee, privilege_type AS privilege, is_grantable AS grantable
  FROM entries LEFT JOIN pg_roles ON pg_roles.oid = grantee
 WHERE rolname = ANY ($1) OR grantee = 0 AND kind NOT IN ('routine', 'type', 'default')`;

/** Reads all that concerns the roles of a database, in a few queries that are sent together; writes nothing. */
export async function readRoleCatalog(client: pg.ClientBase, names: RoleNames): Promise<RoleCatalog> {
  const { owner, ...grantees } = names;
  const {
    rows: [first],
  } = await client.query<Login & { database: string; layered: boolean }>(LOGIN);
  const { database, layered, ...login } = first!;
  const ask = asker(client);
  const answers = await Promise.all([
    ask<CatalogRole>(ROLES, [Object.values(names)]),
    ask<CatalogObject>(LIST_OBJECTS),
    ask<Privilege>(LIST_PRIVILEGES, [Object.values(grantees), owner]),
    layered ? ask<{ version: number }>('SELECT version FROM atriz.roles') : undefined,
  ]);
  const [roles, objects, privileges, version] = answers;
  return {
    login,
    database,
    version: version?.rows[0]?.version,
    roles: roles.rows,
    objects: objects.rows,
    privileges: privileges.rows,
  };
}

type Ask = <Row extends pg.QueryResultRow>(text: string, values?: unknown[]) => Promise<pg.QueryResult<Row>>;

/** All in one round trip on a session that pipelines; else each after the answer to the one before, as pg wants it. */
function asker(client: pg.ClientBase): Ask {
  if ((client as { readonly pipeline?: boolean }).pipeline) return (text, values) => client.query(text, values);
  let last: Promise<unknown> = Promise.resolve();
  return (text, values) => {
    const answer = last.then(() => client.query(text, values));
    last = answer.catch(() => undefined); // told to whoever asked
    return answer as Promise<pg.QueryResult<never>>;
  };
}
