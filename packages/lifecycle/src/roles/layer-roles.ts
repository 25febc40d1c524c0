import type pg from 'pg';
import { leavesRoomForRoles, ROLE_KINDS, roleNames } from './names.ts';

const FIND = `
SELECT current_database() AS database,
       coalesce(has_table_privilege(to_regclass('atriz.roles'), 'SELECT'), false) AS readable`;

interface Applied {
  readonly database: string;
  /** In the order of `ROLE_KINDS`; undefined where no roles were applied, or who asks may not know. */
  readonly roles: readonly string[] | undefined;
}

async function readApplied(client: pg.ClientBase): Promise<Applied> {
  const {
    rows: [found],
  } = await client.query<{ database: string; readable: boolean }>(FIND);
  const { database, readable } = found!;
  if (!readable) return { database, roles: undefined };
  const { rows } = await client.query<{ roles: string[] }>(
    'SELECT ARRAY[owner_role, app_role, read_role, backup_role] AS roles FROM atriz.roles',
  );
  return { database, roles: rows[0]?.roles };
}

/**
 * The names of the roles that a database's grants are for, its owner left out: those that were applied, or, where that
 * cannot be read, those that would be.
 */
export async function readLayerRoles(client: pg.ClientBase): Promise<string[]> {
  const { database, roles } = await readApplied(client);
  if (roles !== undefined) return roles.slice(1);
  if (!leavesRoomForRoles(database)) return [];
  const { app, read, backup } = roleNames(database);
  return [app, read, backup];
}

/** The roles that were made for this very database, and not for the one that it is a copy of; none where none were. */
export async function readAppliedRoles(client: pg.ClientBase): Promise<string[]> {
  const { database, roles = [] } = await readApplied(client);
  const own = new Set(ROLE_KINDS.map((kind) => `${database}_${kind}`));
  return roles.filter((role) => own.has(role));
}
