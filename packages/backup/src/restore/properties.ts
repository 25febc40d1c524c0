import pg from 'pg';
import { settingClauses } from '../engines/logical/setting-clause.ts';

/** What belongs to a database and not to what is in it, so that no archive of its contents brings it along. */
export interface DatabaseProperties {
  readonly owner: string;
  readonly connectionLimit: number;
  readonly comment: string | null;
  /** Null for one whose grants are PostgreSQL's own. */
  readonly grants: readonly Grant[] | null;
  /** For one role, or, where that is null, for all; each `name=value`, as PostgreSQL keeps it. */
  readonly settings: readonly { readonly role: string | null; readonly settings: readonly string[] }[];
}

interface Grant {
  /** Null for everybody. */
  readonly role: string | null;
  readonly privilege: string;
  readonly grantable: boolean;
}

const READ = `
SELECT pg_get_userbyid(datdba) AS owner, datconnlimit AS "connectionLimit",
       shobj_description(pg_database.oid, 'pg_database') AS comment,
       CASE WHEN datacl IS NOT NULL THEN (
         SELECT coalesce(jsonb_agg(jsonb_build_object('role', rolname, 'privilege', privilege_type, 'grantable', is_grantable)), '[]')
           FROM aclexplode(datacl) LEFT JOIN pg_roles ON pg_roles.oid = grantee) END AS grants,
       (SELECT coalesce(jsonb_agg(jsonb_build_object('role', rolname, 'settings', setconfig)), '[]')
          FROM pg_db_role_setting LEFT JOIN pg_roles ON pg_roles.oid = setrole
         WHERE setdatabase = pg_database.oid) AS settings
  FROM pg_database WHERE datname = $1`;

/** Reads them of a database; undefined when there is none of that name. */
export async function readProperties(
  client: pg.ClientBase,
  databaseName: string,
): Promise<DatabaseProperties | undefined> {
  const { rows } = await client.query<DatabaseProperties>(READ, [databaseName]);
  return rows[0];
}

/** Gives them to another database, whose own are replaced. Throws what the server says where the login may not. */
export async function takeOver(
  client: pg.ClientBase,
  databaseName: string,
  { owner, connectionLimit, comment, grants, settings }: DatabaseProperties,
): Promise<void> {
  const database = pg.escapeIdentifier(databaseName);
  const statements = [
    `ALTER DATABASE ${database} OWNER TO ${pg.escapeIdentifier(owner)}`,
    `ALTER DATABASE ${database} CONNECTION LIMIT ${connectionLimit}`,
    `COMMENT ON DATABASE ${database} IS ${comment === null ? 'NULL' : pg.escapeLiteral(comment)}`,
    ...grantStatements(database, owner, grants),
    ...settings.flatMap((each) => settingStatements(database, each)),
  ];
  for (const statement of statements) await client.query(statement);
}

function grantStatements(database: string, owner: string, grants: DatabaseProperties['grants']): string[] {
  if (grants === null) return [];
  return [
    `REVOKE ALL ON DATABASE ${database} FROM PUBLIC, ${pg.escapeIdentifier(owner)}`,
    ...grants.map(
      ({ role, privilege, grantable }) =>
        `GRANT ${privilege} ON DATABASE ${database} TO ${role === null ? 'PUBLIC' : pg.escapeIdentifier(role)}${grantable ? ' WITH GRANT OPTION' : ''}`,
    ),
  ];
}

function settingStatements(database: string, { role, settings }: DatabaseProperties['settings'][number]): string[] {
  const whom = role === null ? `DATABASE ${database}` : `ROLE ${pg.escapeIdentifier(role)} IN DATABASE ${database}`;
  return settingClauses(settings).map((clause) => `ALTER ${whom} ${clause}`);
}
