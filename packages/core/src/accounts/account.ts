import type { DatabasePool } from '@atriz/database';

type Queryable = Pick<DatabasePool, 'query'>;

/** A row of `users` with what the sign-on alone may see. */
export interface Account {
  readonly id: string;
  readonly email: string;
  readonly name: string;
  readonly passwordHash: string;
  readonly isActive: boolean;
  readonly emailVerified: boolean;
  /** What access tokens carry as `ver`. */
  readonly tokenVersion: number;
}

const COLUMNS = `
  id,
  email,
  name,
  password_hash AS "passwordHash",
  is_active AS "isActive",
  email_verified AS "emailVerified",
  token_version::double precision AS "tokenVersion"`;

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** What no uuid column can be asked for is nobody's id. */
export function isUuid(text: string): boolean {
  return UUID.test(text);
}

/** The account of this address, upper or lower case alike. An address that no text column holds is nobody's. */
export async function findAccountByEmail(db: Queryable, email: string): Promise<Account | undefined> {
  const { rows } = await db.query<Account>(`SELECT ${COLUMNS} FROM users WHERE lower(email) = lower($1)`, [
    email.includes('\0') ? '' : email,
  ]);
  return rows[0];
}

export async function findAccountById(db: Queryable, id: string): Promise<Account | undefined> {
  if (!isUuid(id)) return undefined;
  const { rows } = await db.query<Account>(`SELECT ${COLUMNS} FROM users WHERE id = $1`, [id]);
  return rows[0];
}

/**
 * Reads an account and keeps it locked until the transaction ends. Whatever makes tokens takes the lock `shared`, and
 * whatever withdraws them takes it `exclusive`, before they look at anything else: so no token is made of what another
 * transaction is withdrawing, and no two wait for each other.
 */
export async function lockAccount(
  client: Queryable,
  id: string,
  lock: 'shared' | 'exclusive',
): Promise<Account | undefined> {
  if (!isUuid(id)) return undefined;
  const clause = lock === 'shared' ? 'FOR SHARE' : 'FOR NO KEY UPDATE';
  const { rows } = await client.query<Account>(`SELECT ${COLUMNS} FROM users WHERE id = $1 ${clause}`, [id]);
  return rows[0];
}
