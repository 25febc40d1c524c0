import type pg from 'pg';
import type { Target } from '../target.ts';
import { readRoleCatalog } from './catalog.ts';
import { ROLES_VERSION } from './layer.ts';
import { roleNames } from './names.ts';
import { planPrivileges } from './plan.ts';

const BECOME_OWNER = `
SELECT set_config('role', rolname, false) AS role
  FROM pg_database JOIN pg_roles ON pg_roles.oid = datdba
 WHERE datname = current_database() AND rolname = datname || '_owner' AND pg_has_role(session_user, datdba, 'MEMBER')`;

/**
 * Becomes the database's owner for the rest of the session, where the roles were applied and the login may: what is made
 * then is the owner's, and no policy hides a row. Else it stays who it is. Returns whether it became the owner.
 */
export async function becomeOwner(client: pg.ClientBase): Promise<boolean> {
  const { rowCount } = await client.query(BECOME_OWNER);
  return rowCount !== 0;
}

/**
 * Runs `work`, which may make and drop tables, as the owner; then gives the roles what they shall have on what is there
 * now, also after a failure: what came before it is committed.
 */
export async function asOwner<Result>(
  client: pg.ClientBase,
  target: Target,
  work: () => Promise<Result>,
): Promise<Result> {
  if (!(await becomeOwner(client))) return work();
  let result;
  try {
    result = await work();
  } catch (error) {
    await grantAgain(client, target).catch(() => undefined); // the first error is the one to tell
    throw error;
  }
  await grantAgain(client, target);
  return result;
}

async function grantAgain(client: pg.ClientBase, { parameters, database }: Target): Promise<void> {
  const names = roleNames(parameters.database);
  const catalog = await readRoleCatalog(client, names);
  if (catalog.version !== ROLES_VERSION) return; // another Atriz's to give
  const changes = planPrivileges(catalog, names, database);
  if (changes.length === 0) return;
  await client.query(`BEGIN; ${changes.flatMap(({ statements }) => statements).join(';\n')}; COMMIT`);
}
