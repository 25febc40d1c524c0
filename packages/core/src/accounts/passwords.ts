import type { DatabasePool } from '@atriz/database';
import type { AuthContext } from '../auth-context.ts';
import { acceptPassword } from '../passwords/rules.ts';
import { mintAccessToken } from '../sessions/mint.ts';
import { proveUser, withProof, type Attempt } from '../sessions/proof.ts';
import { userUnknown } from '../sessions/refusals.ts';
import { ALL_TYPES, SESSION_TYPES, withdrawAccessTokens, withdrawTokens } from '../sessions/withdrawal.ts';
import type { AccessToken } from '../tokens/access-token.ts';
import { findAccountById, lockAccount, type Account } from './account.ts';
import { findMailedToken, requestMailedToken, spendMailedToken, type MailRequest } from './mailed-token.ts';

type Client = Pick<DatabasePool, 'query'>;

export interface PasswordChange {
  readonly userId: string;
  /** The session that asks: it goes on. */
  readonly sessionId: string;
  readonly currentPassword: string;
  readonly newPassword: string;
  /** The IP address that the request comes from. */
  readonly address: string;
}

export interface Passwords {
  /**
   * Sends the message to reset a password to an active account. Resolves alike, after the same time, for any address.
   * Rejects with `SIGN_IN_THROTTLED`.
   */
  requestPasswordReset(request: MailRequest): Promise<void>;
  /**
   * Takes the token of that message and sets the password. All sessions and API tokens of the account end, and its
   * address counts as verified. Rejects with `TOKEN_INVALID`, `TOKEN_EXPIRED`, `TOKEN_REVOKED` (taken before, or another
   * was sent since), `ACCOUNT_INACTIVE`, `PASSWORD_REFUSED` (the token stays good) and `SERVICE_UNAVAILABLE`.
   */
  completePasswordReset(reset: { readonly token: string; readonly password: string }): Promise<{ userId: string }>;
  /**
   * Changes a password. All other sessions end; API tokens stay. The session that asks goes on with the access token
   * that this gives: those before are withdrawn. Rejects with `USER_UNKNOWN`, `CREDENTIALS_INVALID`, `SIGN_IN_THROTTLED` (counted
   * as at sign-in), `ACCOUNT_INACTIVE`, `PASSWORD_REFUSED` and `SERVICE_UNAVAILABLE`.
   */
  changePassword(change: PasswordChange): Promise<AccessToken>;
  /** Asks who is signed in for the password once more. Rejects as `signIn`. */
  checkPassword(check: Attempt & { readonly userId: string }): Promise<void>;
}

export function createPasswords(context: AuthContext): Passwords {
  const { pool, hasher, leastPasswordCharacters: leastCharacters } = context;
  const tell = (account: Account): void =>
    context.background.run('the message that a password was changed', () =>
      context.mail.sendPasswordChanged({ to: account.email, name: account.name }),
    );
  return {
    requestPasswordReset: (request) => requestMailedToken(context, request, 'password_reset'),
    async completePasswordReset({ token, password }) {
      const owner = await findMailedToken(context, { token, type: 'password_reset' });
      const hash = await hasher.hash(acceptPassword(password, { email: owner.email, leastCharacters }));
      await spendMailedToken(context, { token, type: 'password_reset' }, async (client, { id }, now) => {
        await client.query('UPDATE users SET password_hash = $2, email_verified = true WHERE id = $1', [id, hash]);
        await withdrawTokens(client, { userId: id, now, types: ALL_TYPES });
        await withdrawAccessTokens(client, id);
      });
      tell(owner);
      return { userId: owner.id };
    },
    async changePassword({ userId, sessionId, currentPassword, newPassword, address }) {
      const account = await findAccountById(pool, userId);
      if (account === undefined) throw userUnknown(userId);
      const accepted = acceptPassword(newPassword, { email: account.email, leastCharacters });
      const proof = await proveUser(context, userId, { password: currentPassword, address });
      const newHash = await hasher.hash(accepted);
      const change = async (client: Client): Promise<AccessToken> => {
        const now = context.clock();
        await client.query('UPDATE users SET password_hash = $2 WHERE id = $1', [userId, newHash]);
        const types = [...SESSION_TYPES, 'password_reset'] as const;
        await withdrawTokens(client, { userId, now, types, exceptSessionId: sessionId });
        await withdrawAccessTokens(client, userId);
        const current = await lockAccount(client, userId, 'exclusive');
        return mintAccessToken(context, client, current!, { sessionId, now });
      };
      const token = await withProof(context, { ...proof, newHash: undefined }, change, 'exclusive');
      tell(account);
      return token;
    },
    async checkPassword({ userId, ...attempt }) {
      await withProof(context, await proveUser(context, userId, attempt), async () => {});
    },
  };
}
