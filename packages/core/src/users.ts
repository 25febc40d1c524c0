import type { DatabasePool } from '@atriz/database';
import type { Selectable } from 'kysely';
import type { Users } from './schema.ts';

type UserRow = Selectable<Users>;

/** A user as other code may see one: the password's hash stays in the database. */
export interface User {
  readonly id: UserRow['id'];
  readonly email: UserRow['email'];
  readonly name: UserRow['name'];
  readonly emailVerified: UserRow['email_verified'];
  /** False: known, but refused at sign-in. */
  readonly isActive: UserRow['is_active'];
  readonly createdAt: UserRow['created_at'];
  readonly updatedAt: UserRow['updated_at'];
}

/** What may be seen of a user, for a SELECT. */
export const USER_COLUMNS = `
  id,
  email,
  name,
  email_verified AS "emailVerified",
  is_active AS "isActive",
  created_at AS "createdAt",
  updated_at AS "updatedAt"`;

/** The user with this address, upper or lower case alike, active or not; undefined when there is none. */
export async function findUserByEmail(db: Pick<DatabasePool, 'query'>, email: string): Promise<User | undefined> {
  const { rows } = await db.query<User>(`SELECT ${USER_COLUMNS} FROM users WHERE lower(email) = lower($1)`, [email]);
  return rows[0];
}

/** The user with this id, active or not; undefined when there is none. Rejects (22P02) when `id` is no UUID. */
export async function findUserById(db: Pick<DatabasePool, 'query'>, id: string): Promise<User | undefined> {
  const { rows } = await db.query<User>(`SELECT ${USER_COLUMNS} FROM users WHERE id = $1`, [id]);
  return rows[0];
}

/**
 * The users with these ids, by id: for code that read a list of `user_id`s from another database.
 * An id that names nobody, as a cross-database reference may, is not in the map.
 */
export async function readUsersById(
  db: Pick<DatabasePool, 'query'>,
  ids: readonly string[],
): Promise<ReadonlyMap<string, User>> {
  const { rows } = await db.query<User>(`SELECT ${USER_COLUMNS} FROM users WHERE id = ANY ($1)`, [ids]);
  return new Map(rows.map((user) => [user.id, user]));
}
