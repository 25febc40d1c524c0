import type pg from 'pg';
import type { RecordedDatabase, RecordedMembership, RecordedRole, RoleRecord } from './role-record.ts';

/** Roles that something in the database, or the database itself, names; and who is set up for it. */
const NAMED = `
SELECT DISTINCT pg_get_userbyid(oid)::text AS name FROM (
  SELECT refobjid AS oid FROM pg_shdepend JOIN pg_database ON datname = current_database()
   WHERE refclassid = 'pg_authid'::regclass
     AND (dbid = pg_database.oid OR classid = 'pg_database'::regclass AND objid = pg_database.oid)
  UNION SELECT datdba FROM pg_database WHERE datname = current_database()
  UNION SELECT relowner FROM pg_class WHERE relnamespace NOT IN ('pg_catalog'::regnamespace, 'pg_toast'::regnamespace, 'information_schema'::regnamespace)
  UNION SELECT setrole FROM pg_db_role_setting JOIN pg_database ON pg_database.oid = setdatabase AND datname = current_database()
   WHERE setrole <> 0) AS named`;

/** Those, whom they are members of, and who is a member of them, as far as that goes. */
const CLOSURE = `
WITH RECURSIVE closure (oid) AS (
  SELECT oid FROM pg_roles WHERE rolname = ANY ($1)
  UNION
  SELECT CASE closure.oid WHEN roleid THEN member ELSE roleid END
    FROM closure JOIN pg_auth_members ON closure.oid IN (roleid, member)
    JOIN pg_roles ON pg_roles.oid = closure.oid
   WHERE rolname !~ '^pg_')
SELECT oid FROM closure`;

const ROLES = `
SELECT rolname AS name, rolcanlogin AS "canLogin", rolsuper AS superuser, rolinherit AS inherit, rolcreaterole AS "createRole",
       rolcreatedb AS "createDatabase", rolreplication AS replication, rolbypassrls AS "bypassRls",
       rolconnlimit AS "connectionLimit", rolvaliduntil::text AS "validUntil",
       shobj_description(oid, 'pg_authid') AS comment, coalesce(rolconfig, '{}') AS settings
  FROM pg_roles WHERE oid IN (${CLOSURE}) AND rolname !~ '^pg_' ORDER BY rolname`;

/** Options of a membership that came with PostgreSQL 16 are asked for by name, which an older one answers by null. */
const MEMBERSHIPS = `
SELECT pg_get_userbyid(roleid)::text AS role, pg_get_userbyid(member)::text AS member, bool_or(admin_option) AS admin,
       bool_or((to_jsonb(pg_auth_members) ->> 'inherit_option')::boolean) AS inherit,
       bool_or((to_jsonb(pg_auth_members) ->> 'set_option')::boolean) AS set
  FROM pg_auth_members WHERE member IN (${CLOSURE}) AND roleid IN (${CLOSURE})
   AND pg_get_userbyid(member)::text !~ '^pg_'
 GROUP BY 1, 2 ORDER BY 1, 2`;

const DATABASE = `
SELECT datname AS "databaseName", pg_get_userbyid(datdba)::text AS owner, shobj_description(oid, 'pg_database') AS comment,
       CASE WHEN datacl IS NOT NULL THEN (
         SELECT coalesce(jsonb_agg(jsonb_build_object(
                  'grantee', CASE grantee WHEN 0 THEN NULL ELSE pg_get_userbyid(grantee) END,
                  'privilege', privilege_type, 'grantable', is_grantable)), '[]')
           FROM aclexplode(datacl)) END AS grants,
       ARRAY(SELECT unnest(setconfig) FROM pg_db_role_setting WHERE setdatabase = pg_database.oid AND setrole = 0) AS settings,
       (SELECT coalesce(jsonb_agg(jsonb_build_object('role', pg_get_userbyid(setrole), 'settings', setconfig)), '[]')
          FROM pg_db_role_setting WHERE setdatabase = pg_database.oid AND setrole <> 0) AS "roleSettings"
  FROM pg_database WHERE datname = current_database()`;

/**
 * Reads the roles that matter to the databases of one server, a session each; others of the server are left out.
 * Passwords' verifiers are read where the login is a superuser.
 */
export async function readRoles(clients: readonly pg.ClientBase[]): Promise<RoleRecord> {
  const [first] = clients;
  if (first === undefined) return { format: 1, roles: [], memberships: [], databases: [] };
  const databases: RecordedDatabase[] = [];
  const names = new Set<string>();
  for (const client of clients) {
    databases.push((await client.query<RecordedDatabase>(DATABASE)).rows[0]!);
    for (const { name } of (await client.query<{ name: string }>(NAMED)).rows) names.add(name);
  }
  const roles = await first.query<Omit<RecordedRole, 'verifier'>>(ROLES, [[...names]]);
  const memberships = await first.query<RecordedMembership>(MEMBERSHIPS, [[...names]]);
  const verifiers = await readVerifiers(first);
  return {
    format: 1,
    roles: roles.rows.map((each) => Object.assign(each, { verifier: verifiers.get(each.name) ?? null })),
    memberships: memberships.rows,
    databases,
  };
}

async function readVerifiers(client: pg.ClientBase): Promise<ReadonlyMap<string, string>> {
  const { rows: may } = await client.query<{ may: boolean }>(
    `SELECT has_table_privilege('pg_authid', 'SELECT') AS may`,
  );
  if (!may[0]!.may) return new Map();
  const { rows } = await client.query<{ name: string; verifier: string }>(
    'SELECT rolname AS name, rolpassword AS verifier FROM pg_authid WHERE rolpassword IS NOT NULL',
  );
  return new Map(rows.map(({ name, verifier }) => [name, verifier]));
}
