import type { DatabasePool } from '@atriz/database';

/** The roles that code may ask for. The seed puts exactly these into `roles`. */
export const ROLE_NAMES = ['admin', 'manager', 'member'] as const;

export type RoleName = (typeof ROLE_NAMES)[number];

/**
 * The roles that a user holds, in alphabetical order; none for a user who does not exist.
 * Roles of the table that this code does not know are left out.
 */
export async function readRolesOfUser(db: Pick<DatabasePool, 'query'>, userId: string): Promise<RoleName[]> {
  const { rows } = await db.query<{ name: RoleName }>(
    `SELECT roles.name
     FROM user_roles
     JOIN roles ON roles.id = user_roles.role_id
     WHERE user_roles.user_id = $1 AND roles.name = ANY ($2)
     ORDER BY roles.name`,
    [userId, ROLE_NAMES],
  );
  return rows.map(({ name }) => name);
}
