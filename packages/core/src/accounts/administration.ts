import { AtrizError, withUser, type DatabasePool } from '@atriz/database';
import type { AuthContext } from '../auth-context.ts';
import type { RoleName } from '../roles.ts';
import { userUnknown } from '../sessions/refusals.ts';
import { ALL_TYPES, withdrawAccessTokens, withdrawTokens } from '../sessions/withdrawal.ts';
import { lockAccount, type Account } from './account.ts';

type Client = Pick<DatabasePool, 'query'>;

/** Somebody does something to an account: their own, or another's. Whether they may is the caller's to decide. */
export interface AccountChange {
  readonly userId: string;
  /** Who does it: a `users.id`, for the audit log. */
  readonly actorId: string;
}

export interface RoleChange extends AccountChange {
  readonly role: RoleName;
}

export interface Administration {
  /**
   * Gives a user a role; one that is held already is no error. It is in the access tokens that are made from then on.
   * Rejects with `USER_UNKNOWN`, and `NOT_FOUND` for a role that was never seeded.
   */
  grantRole(change: RoleChange): Promise<void>;
  /**
   * Takes a role from a user, with every access token that knows of it; sessions go on without. One that is not held is
   * no error. Rejects with `USER_UNKNOWN`.
   */
  revokeRole(change: RoleChange): Promise<void>;
  /** Refuses an account its sign-in, and ends all of its sessions and API tokens. Rejects with `USER_UNKNOWN`. */
  deactivate(change: AccountChange): Promise<void>;
  /** Lets an account sign in again; what it held stays withdrawn. Rejects with `USER_UNKNOWN`. */
  activate(change: AccountChange): Promise<void>;
  /**
   * Deactivates an account and asks for its deletion, which `atriz maintain` carries out in all databases. Asked again
   * after a refusal, it is tried again. Rejects with `USER_UNKNOWN`.
   */
  delete(change: AccountChange): Promise<void>;
}

export function createAdministration(context: AuthContext): Administration {
  const change = (
    { userId, actorId }: AccountChange,
    work: (client: Client, account: Account) => Promise<void>,
  ): Promise<void> =>
    withUser(context.pool.pool, actorId, async (client) => {
      const account = await lockAccount(client, userId, 'exclusive');
      if (account === undefined) throw userUnknown(userId);
      await work(client, account);
    });

  const deactivate = async (client: Client, { id }: Account): Promise<void> => {
    await client.query('UPDATE users SET is_active = false WHERE id = $1', [id]);
    await withdrawTokens(client, { userId: id, now: context.clock(), types: ALL_TYPES });
    await withdrawAccessTokens(client, id);
  };

  return {
    grantRole: ({ role, ...who }) =>
      change(who, async (client, { id }) => {
        const { rowCount } = await client.query('SELECT FROM roles WHERE name = $1', [role]);
        if (rowCount === 0) throw roleUnknown(role);
        await client.query(
          `INSERT INTO user_roles (user_id, role_id) SELECT $1, id FROM roles WHERE name = $2
           ON CONFLICT DO NOTHING`,
          [id, role],
        );
      }),
    revokeRole: ({ role, ...who }) =>
      change(who, async (client, { id }) => {
        const { rowCount } = await client.query(
          'DELETE FROM user_roles USING roles WHERE roles.id = role_id AND user_id = $1 AND roles.name = $2',
          [id, role],
        );
        if (rowCount !== 0) await withdrawAccessTokens(client, id);
      }),
    deactivate: (who) => change(who, deactivate),
    activate: (who) =>
      change(who, async (client, { id }) => {
        await client.query('UPDATE users SET is_active = true WHERE id = $1', [id]);
      }),
    delete: (who) =>
      change(who, async (client, account) => {
        await deactivate(client, account);
        await client.query(REQUEST_DELETION, [account.id, who.actorId]);
      }),
  };
}

const REQUEST_DELETION = `
  INSERT INTO user_deletions (user_id, requested_by) VALUES ($1, $2)
  ON CONFLICT (user_id) DO UPDATE
  SET state = 'requested', requested_at = now(), requested_by = excluded.requested_by, reason = NULL, finished_at = NULL
  WHERE user_deletions.state = 'refused'`;

function roleUnknown(role: string): AtrizError {
  return new AtrizError('NOT_FOUND', `there is no role ${JSON.stringify(role)} in the database`, {
    hint: 'pnpm db:seed:core makes the roles',
  });
}
