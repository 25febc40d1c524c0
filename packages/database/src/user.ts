import pg from 'pg';
import { AtrizError } from './errors.ts';
import { runTransaction, type TransactionOptions } from './transaction.ts';

export interface UserTransactionOptions extends TransactionOptions {
  /** The roles that the user holds, as `current_user_has_role` asks for them. Default none. */
  readonly roles?: readonly string[];
}

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
/** As the table `roles` has them: no comma, which is what separates them, and no quote. */
const ROLE_NAME = /^[a-z][a-z0-9_]{0,62}$/;

/**
 * Runs `work` in one transaction that works for a user: row-level security then shows and takes what is the user's, by
 * `current_user_id()` and `current_user_has_role(role)` of the database. As {@link withTransaction} in all else, retries
 * included.
 *
 * User and roles are set with `SET LOCAL`, in the message that begins the transaction: they end with it, whichever way
 * it ends, so the connection carries nobody into the next request, behind a pooler in transaction mode neither. It
 * costs no round trip. Policies bind every role but superusers and those with BYPASSRLS; see `assertRuntimeRole`.
 *
 * Who the user is must have been proved before. Throws `ARGUMENT_INVALID` when `userId` is no UUID, or a role no plain
 * word, before a connection is taken.
 *
 * @example
 * const vehicles = await withUser(db.pool, identity.userId, async (client) => {
 *   const { rows } = await client.query('SELECT id, name FROM vehicles ORDER BY name');
 *   return rows;
 * }, { roles: identity.roles, readOnly: true });
 */
export async function withUser<Result>(
  pool: Pick<pg.Pool, 'connect'>,
  userId: string,
  work: (client: pg.PoolClient) => Promise<Result>,
  { roles = [], ...options }: UserTransactionOptions = {},
): Promise<Result> {
  return runTransaction(pool, work, { ...options, preamble: settingsOf(userId, roles) });
}

/** SET LOCAL and not set_config(): a query would take the transaction's snapshot before `work` begins. */
function settingsOf(userId: string, roles: readonly string[]): string {
  if (!UUID.test(userId)) throw invalid(`the user's id is ${JSON.stringify(userId)}, not a UUID`);
  for (const role of roles) {
    if (!ROLE_NAME.test(role)) throw invalid(`the role ${JSON.stringify(role)} is not a name of a role`);
  }
  return `SET LOCAL atriz.user_id = ${pg.escapeLiteral(userId)}; SET LOCAL atriz.user_roles = ${pg.escapeLiteral(roles.join(','))}`;
}

function invalid(message: string): AtrizError {
  return new AtrizError('ARGUMENT_INVALID', message, {
    hint: 'pass the id and the roles of a token that was verified',
  });
}
