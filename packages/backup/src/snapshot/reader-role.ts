import type pg from 'pg';

/**
 * A role that no policy hides rows from and that may read all tables: the database's backup role, else its owner, where
 * roles were applied and the login may become them. A superuser needs none.
 */
const BECOME_READER = `
SELECT set_config('role', candidate.rolname, false)
  FROM pg_roles candidate JOIN pg_roles login ON login.rolname = session_user
 WHERE NOT login.rolsuper AND candidate.rolbypassrls
   AND candidate.rolname IN (current_database() || '_backup', current_database() || '_owner')
   AND pg_has_role(session_user, candidate.oid, CASE WHEN current_setting('server_version_num')::int < 160000 THEN 'MEMBER' ELSE 'SET' END)
 ORDER BY candidate.rolname LIMIT 1`;

/** Becomes, for the rest of the session, whoever reads every row; stays who it is where there is no such role. */
export async function becomeReader(client: pg.ClientBase): Promise<void> {
  await client.query(BECOME_READER);
}

/** The role that a session became, for programs to do the same; undefined for one that is still its login. */
export async function readBecomeRole(client: pg.ClientBase): Promise<string | undefined> {
  const { rows } = await client.query<{ role: string | null }>(
    'SELECT nullif(current_user, session_user)::text AS role',
  );
  return rows[0]!.role ?? undefined;
}
