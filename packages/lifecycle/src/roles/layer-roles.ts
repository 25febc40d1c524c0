import type pg from 'pg';
import { roleNames } from './names.ts';

const FIND = `
SELECT current_database() AS database,
       coalesce(has_table_privilege(to_regclass('atriz.roles'), 'SELECT'), false) AS readable`;

/**
 * The names of the roles that a database's grants are for, its owner left out: those that were applied, or, where that
 * cannot be read, those that would be.
 */
export async function readLayerRoles(client: pg.ClientBase): Promise<string[]> {
  const {
    rows: [found],
  } = await client.query<{ database: string; readable: boolean }>(FIND);
  const { database, readable } = found!;
  if (readable) {
    const { rows } = await client.query<{ roles: string[] }>(
      'SELECT ARRAY[app_role, read_role, backup_role] AS roles FROM atriz.roles',
    );
    return rows.flatMap(({ roles }) => roles);
  }
  const { app, read, backup } = roleNames(database);
  return [app, read, backup];
}
