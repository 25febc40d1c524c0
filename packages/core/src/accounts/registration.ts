import { randomUUID } from 'node:crypto';
import { AtrizError, sqlState, withUser } from '@atriz/database';
import type { AuthContext } from '../auth-context.ts';
import { acceptPassword } from '../passwords/rules.ts';
import type { RoleName } from '../roles.ts';
import { networkOf } from '../sessions/network.ts';
import { chargeAttempt } from '../sessions/throttle.ts';
import { findAccountByEmail } from './account.ts';
import {
  issueMailedToken,
  requestMailedToken,
  sendMailedToken,
  spendMailedToken,
  type MailRequest,
} from './mailed-token.ts';

export interface NewAccount {
  readonly email: string;
  readonly password: string;
  /** How the person wants to be called: 1 to 200 characters. */
  readonly name: string;
  /** The IP address that the request comes from. */
  readonly address: string;
}

export interface Registration {
  /**
   * Makes an account, a member's, and sends the message that verifies its address. Rejects with `REQUEST_INVALID` (no
   * e-mail address, no name), `PASSWORD_REFUSED`, `EMAIL_TAKEN`, `SIGN_IN_THROTTLED` after too many from one address, and
   * `SERVICE_UNAVAILABLE` when too many passwords wait.
   */
  register(account: NewAccount): Promise<{ readonly userId: string }>;
  /**
   * Sends the message that verifies an address again, to an account that has not done it. Resolves alike, after the same
   * time, for any address. Rejects with `SIGN_IN_THROTTLED`.
   */
  requestEmailVerification(request: MailRequest): Promise<void>;
  /**
   * Takes the token of that message. Rejects with `TOKEN_INVALID`, `TOKEN_EXPIRED`, `TOKEN_REVOKED` (taken before, or
   * another was sent since) and `ACCOUNT_INACTIVE`.
   */
  verifyEmail(message: { readonly token: string }): Promise<{ readonly userId: string }>;
}

/** What everybody is who registers. */
const FIRST_ROLE: RoleName = 'member';

/** As the table's constraint has it. */
const EMAIL = /^[^@\s]+@[^@\s]+$/;
/** Spaces and control characters of every kind: which of them PostgreSQL calls a space depends on its locale. */
const UNSEEN = /[\p{Z}\p{Cc}]/u;
const EMAIL_KEY = 'users_email_lower_key';
const UNIQUE_VIOLATION = '23505';
const CHECK_VIOLATION = '23514';

export function createRegistration(context: AuthContext): Registration {
  const { pool, clock } = context;
  return {
    async register(wanted) {
      const email = wanted.email.trim();
      const name = wanted.name.trim();
      refuseImpossible(email, name);
      const password = acceptPassword(wanted.password, { email, leastCharacters: context.leastPasswordCharacters });
      await chargeAttempt(pool, [{ limit: 'registration', of: [networkOf(wanted.address)] }], clock());
      if ((await findAccountByEmail(pool, email)) !== undefined) throw taken();
      const account = { id: randomUUID(), email, name, passwordHash: await context.hasher.hash(password) };
      const token = await insertAccount(context, account);
      context.background.run('the message for email_verification', () =>
        sendMailedToken(context, account, { type: 'email_verification', token }),
      );
      return { userId: account.id };
    },
    requestEmailVerification: (request) => requestMailedToken(context, request, 'email_verification'),
    verifyEmail: ({ token }) =>
      spendMailedToken(context, { token, type: 'email_verification' }, async (client, { id }) => {
        await client.query('UPDATE users SET email_verified = true WHERE id = $1', [id]);
        return { userId: id };
      }),
  };
}

interface AccountRow {
  readonly id: string;
  readonly email: string;
  readonly name: string;
  readonly passwordHash: string;
}

/** Returns the token that verifies the address. */
async function insertAccount(
  { pool, clock }: AuthContext,
  { id, email, name, passwordHash }: AccountRow,
): Promise<string> {
  try {
    return await withUser(pool.pool, id, async (client) => {
      await client.query('INSERT INTO users (id, email, password_hash, name) VALUES ($1, $2, $3, $4)', [
        id,
        email,
        passwordHash,
        name,
      ]);
      await client.query('INSERT INTO user_roles (user_id, role_id) SELECT $1, id FROM roles WHERE name = $2', [
        id,
        FIRST_ROLE,
      ]);
      return issueMailedToken(client, id, { type: 'email_verification', now: clock() });
    });
  } catch (error) {
    const { constraint } = error as { readonly constraint?: string };
    if (sqlState(error) === UNIQUE_VIOLATION && constraint === EMAIL_KEY) throw taken();
    // PostgreSQL knows white space that JavaScript does not.
    if (sqlState(error) === CHECK_VIOLATION && constraint === 'users_email_check') throw noAddress();
    throw error;
  }
}

function refuseImpossible(email: string, name: string): void {
  const isAddress = EMAIL.test(email) && !UNSEEN.test(email) && email.length <= 254 && isText(email);
  if (!isAddress) throw noAddress();
  const isName = name !== '' && name.length <= 200 && isText(name);
  if (!isName) throw new AtrizError('REQUEST_INVALID', 'a name has 1 to 200 characters');
}

/** What PostgreSQL can keep as it is. */
function isText(text: string): boolean {
  return !text.includes('\0') && text.isWellFormed();
}

function noAddress(): AtrizError {
  return new AtrizError('REQUEST_INVALID', 'this is no e-mail address');
}

function taken(): AtrizError {
  return new AtrizError('EMAIL_TAKEN', 'an account has this e-mail address already', {
    hint: 'sign in, or reset the password',
  });
}
