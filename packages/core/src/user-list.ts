import type { DatabasePool } from '@atriz/database';
import type { RoleName } from './roles.ts';
import { USER_COLUMNS, type User } from './users.ts';

export interface ListedUser extends User {
  /** In alphabetical order. */
  readonly roles: readonly RoleName[];
  /** The user's place in the list: what `after` takes. */
  readonly place: string;
}

export interface UserListOptions {
  readonly limit: number;
  /** The `place` of the last user of the page before. */
  readonly after?: string | undefined;
}

/** All users by address, active or not, with their roles: up to `limit` and, where there are more, one. */
export async function listUsers(
  db: Pick<DatabasePool, 'query'>,
  { limit, after }: UserListOptions,
): Promise<ListedUser[]> {
  const { rows } = await db.query<ListedUser>(
    `SELECT ${USER_COLUMNS},
       ARRAY(
         SELECT roles.name
         FROM user_roles
         JOIN roles ON roles.id = user_roles.role_id
         WHERE user_roles.user_id = users.id
         ORDER BY roles.name
       ) AS roles,
       lower(email) AS place
     FROM users
     WHERE lower(email) > $1 OR $1 IS NULL
     ORDER BY lower(email)
     LIMIT $2`,
    [after, limit + 1],
  );
  return rows;
}
