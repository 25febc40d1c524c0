import { sqlState } from '@atriz/database';
import pg from 'pg';
import type { RecordedDatabase, RecordedMembership, RecordedRole, RoleRecord } from './role-record.ts';
import { settingClauses } from './setting-clause.ts';

export interface ApplyRolesOptions {
  /**
   * Make roles that nobody can use, without attributes, password, comment and settings: enough for a policy or a grant
   * to name them, on a server that is thrown away. Default false.
   */
  readonly namesOnly?: boolean;
}

export interface AppliedRoles {
  readonly created: readonly string[];
  /** In what the server's roles are not as they were recorded, each a sentence. They are left as they are. */
  readonly differences: readonly string[];
}

const PERMISSION_DENIED = '42501';
const ALREADY_THERE = new Set(['42710', '23505']); // the second when two CREATE ROLE race

/**
 * Makes the roles that are missing on a server, with their passwords, settings and memberships. A role that is there is
 * never changed; in what it differs is told. What only a superuser may give, a login that is none leaves out, and tells.
 *
 * Throws what the server says, such as that the login may not make roles at all.
 */
export async function applyRoles(
  client: pg.ClientBase,
  { roles, memberships }: RoleRecord,
  { namesOnly = false }: ApplyRolesOptions = {},
): Promise<AppliedRoles> {
  const { rows: present } = await client.query<{ name: string }>('SELECT rolname AS name FROM pg_roles');
  const there = new Set(present.map(({ name }) => name));
  const created: string[] = [];
  const differences: string[] = [];
  for (const role of roles) {
    if (there.has(role.name)) continue;
    if (await create(client, role, { namesOnly, differences })) created.push(role.name);
  }
  if (namesOnly) return { created, differences };
  differences.push(...(await compareAttributes(client, roles, created)));
  for (const membership of memberships) {
    const difference = await applyMembership(client, membership, created);
    if (difference !== undefined) differences.push(difference);
  }
  return { created, differences };
}

interface CreateOptions {
  readonly namesOnly: boolean;
  readonly differences: string[];
}

/** False when somebody else was faster. */
async function create(
  client: pg.ClientBase,
  role: RecordedRole,
  { namesOnly, differences }: CreateOptions,
): Promise<boolean> {
  const name = pg.escapeIdentifier(role.name);
  try {
    if (namesOnly) {
      await client.query(`CREATE ROLE ${name} NOLOGIN`);
      return true;
    }
    try {
      await client.query(`CREATE ROLE ${name} ${attributes(role)} ${powers(role)}`);
    } catch (error) {
      if (sqlState(error) !== PERMISSION_DENIED) throw error;
      await client.query(`CREATE ROLE ${name} ${attributes(role)}`);
      differences.push(`role ${role.name} was made without: ${powers(role)} (${(error as Error).message})`);
    }
  } catch (error) {
    if (ALREADY_THERE.has(sqlState(error))) return false;
    throw error;
  }
  if (role.comment !== null) await client.query(`COMMENT ON ROLE ${name} IS ${pg.escapeLiteral(role.comment)}`);
  for (const clause of settingClauses(role.settings)) await client.query(`ALTER ROLE ${name} ${clause}`);
  return true;
}

/** What whoever may make roles may give. */
function attributes(role: RecordedRole): string {
  const words = [
    role.canLogin ? 'LOGIN' : 'NOLOGIN',
    role.inherit ? 'INHERIT' : 'NOINHERIT',
    `CONNECTION LIMIT ${role.connectionLimit}`,
  ];
  if (role.validUntil !== null) words.push(`VALID UNTIL ${pg.escapeLiteral(role.validUntil)}`);
  if (role.verifier !== null) words.push(`PASSWORD ${pg.escapeLiteral(role.verifier)}`);
  return words.join(' ');
}

/** What only one who has it may give, or a superuser. */
function powers(role: RecordedRole): string {
  const words: readonly (readonly [boolean, string])[] = [
    [role.superuser, 'SUPERUSER'],
    [role.createRole, 'CREATEROLE'],
    [role.createDatabase, 'CREATEDB'],
    [role.replication, 'REPLICATION'],
    [role.bypassRls, 'BYPASSRLS'],
  ];
  return words.map(([has, word]) => (has ? word : `NO${word}`)).join(' ');
}

const CURRENT = `
SELECT rolname AS name, rolcanlogin AS "canLogin", rolsuper AS superuser, rolinherit AS inherit, rolcreaterole AS "createRole",
       rolcreatedb AS "createDatabase", rolreplication AS replication, rolbypassrls AS "bypassRls"
  FROM pg_roles WHERE rolname = ANY ($1)`;

async function compareAttributes(
  client: pg.ClientBase,
  roles: readonly RecordedRole[],
  created: readonly string[],
): Promise<string[]> {
  const kept = roles.filter(({ name }) => !created.includes(name));
  const { rows } = await client.query<RecordedRole>(CURRENT, [kept.map(({ name }) => name)]);
  return rows.flatMap((now) => {
    const was = kept.find(({ name }) => name === now.name)!;
    const changed = (Object.keys(now) as (keyof RecordedRole)[]).filter((key) => now[key] !== was[key]);
    return changed.map(
      (key) => `role ${now.name}: ${key} is ${String(now[key])}, and was ${String(was[key])} in the set`,
    );
  });
}

/** Grants a membership of a role that was made just now. One between older roles that is missing is told. */
async function applyMembership(
  client: pg.ClientBase,
  { role, member, admin, inherit, set }: RecordedMembership,
  created: readonly string[],
): Promise<string | undefined> {
  const { rows } = await client.query(
    `SELECT FROM pg_auth_members JOIN pg_roles role ON role.oid = roleid JOIN pg_roles member ON member.oid = pg_auth_members.member
      WHERE role.rolname = $1 AND member.rolname = $2`,
    [role, member],
  );
  if (rows.length > 0) return undefined;
  const missing = `${member} was a member of ${role} in the set, and is none here`;
  if (!created.includes(role) && !created.includes(member)) return missing;
  const { rows: server } = await client.query<{ version: number }>(
    `SELECT current_setting('server_version_num')::int AS version`,
  );
  const options = [
    ['ADMIN', admin ? true : null],
    ['INHERIT', inherit],
    ['SET', set],
  ].flatMap(([word, value]) => (value === null ? [] : [`${String(word)} ${value === true ? 'TRUE' : 'FALSE'}`]));
  const newer = options.length > 0 ? ` WITH ${options.join(', ')}` : '';
  const clause = server[0]!.version >= 160000 ? newer : admin ? ' WITH ADMIN OPTION' : '';
  try {
    await client.query(`GRANT ${pg.escapeIdentifier(role)} TO ${pg.escapeIdentifier(member)}${clause}`);
    return undefined;
  } catch (error) {
    if (sqlState(error) !== PERMISSION_DENIED) throw error;
    return `${missing} (${(error as Error).message})`;
  }
}

/**
 * Gives a database what was recorded of it: owner, grants, comment and settings, also those for one role in it. Whatever
 * the database it was made from had is taken away first where the record says what there is to be. The roles are there
 * already; returns what could not be given, each a sentence.
 */
export async function applyDatabaseSettings(
  client: pg.ClientBase,
  recorded: RecordedDatabase,
  { databaseName }: { readonly databaseName: string },
): Promise<readonly string[]> {
  const name = pg.escapeIdentifier(databaseName);
  const statements = [`ALTER DATABASE ${name} OWNER TO ${pg.escapeIdentifier(recorded.owner)}`];
  if (recorded.comment !== null) {
    statements.push(`COMMENT ON DATABASE ${name} IS ${pg.escapeLiteral(recorded.comment)}`);
  }
  if (recorded.grants !== null) {
    statements.push(`REVOKE ALL ON DATABASE ${name} FROM PUBLIC`);
    for (const { grantee, privilege, grantable } of recorded.grants) {
      const to = grantee === null ? 'PUBLIC' : pg.escapeIdentifier(grantee);
      statements.push(`GRANT ${privilege} ON DATABASE ${name} TO ${to}${grantable ? ' WITH GRANT OPTION' : ''}`);
    }
  }
  for (const clause of settingClauses(recorded.settings)) statements.push(`ALTER DATABASE ${name} ${clause}`);
  for (const { role, settings } of recorded.roleSettings) {
    for (const clause of settingClauses(settings)) {
      statements.push(`ALTER ROLE ${pg.escapeIdentifier(role)} IN DATABASE ${name} ${clause}`);
    }
  }
  const refused: string[] = [];
  for (const statement of statements) {
    try {
      await client.query(statement);
    } catch (error) {
      if (sqlState(error) === '') throw error;
      refused.push(`${statement}: ${(error as Error).message}`);
    }
  }
  return refused;
}
