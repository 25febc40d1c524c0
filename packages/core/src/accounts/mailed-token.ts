import { withUser, type DatabasePool } from '@atriz/database';
import type { AuthContext } from '../auth-context.ts';
import { EMAIL_VERIFICATION_MS, PASSWORD_RESET_MS } from '../sessions/lifetimes.ts';
import { networkOf } from '../sessions/network.ts';
import { refusalOf } from '../sessions/refusals.ts';
import { chargeAttempt } from '../sessions/throttle.ts';
import { insertToken, lockToken, readToken } from '../sessions/token-rows.ts';
import { withdrawTokens } from '../sessions/withdrawal.ts';
import { createOpaqueToken, hashOfToken } from '../tokens/opaque-token.ts';
import { findAccountByEmail, findAccountById, lockAccount, type Account } from './account.ts';

type Client = Pick<DatabasePool, 'query'>;

/** What a token that goes by mail is good for. */
export type MailedType = 'email_verification' | 'password_reset';

export interface MailedToken {
  readonly type: MailedType;
  readonly token: string;
}

const LIFE_MS: Readonly<Record<MailedType, number>> = {
  email_verification: EMAIL_VERIFICATION_MS,
  password_reset: PASSWORD_RESET_MS,
};

/** Who asks for a message, from where. */
export interface MailRequest {
  readonly email: string;
  /** The IP address that the request comes from. */
  readonly address: string;
}

/**
 * Sends a new token where the account may have one, and does all of that behind the answer: it takes no longer for an
 * address that somebody has than for another. Rejects with `SIGN_IN_THROTTLED` after too many requests.
 */
export async function requestMailedToken(
  context: AuthContext,
  { email, address }: MailRequest,
  type: MailedType,
): Promise<void> {
  const claim = email.trim().toLowerCase();
  const network = networkOf(address);
  await chargeAttempt(
    context.pool,
    [
      { limit: 'mail_account', of: [type, claim] },
      { limit: 'mail_address', of: [network] },
    ],
    context.clock(),
  );
  context.background.run(`the message for ${type}`, async () => {
    const found = await findAccountByEmail(context.pool, email.trim());
    if (found === undefined) return;
    const issued = await withUser(context.pool.pool, found.id, async (client) => {
      const account = await lockAccount(client, found.id, 'exclusive');
      if (!account?.isActive || (type === 'email_verification' && account.emailVerified)) return undefined;
      return { account, token: await issueMailedToken(client, account.id, { type, now: context.clock() }) };
    });
    if (issued !== undefined) await sendMailedToken(context, issued.account, { type, token: issued.token });
  });
}

/** Makes a token, and withdraws those of its type before it: only the last message opens anything. */
export async function issueMailedToken(
  client: Client,
  userId: string,
  { type, now }: { readonly type: MailedType; readonly now: Date },
): Promise<string> {
  await withdrawTokens(client, { userId, now, types: [type] });
  const { token, hash } = createOpaqueToken();
  await insertToken(client, { userId, type, hash, now, expiresAt: new Date(now.getTime() + LIFE_MS[type]) });
  return token;
}

export async function sendMailedToken(
  { mail }: Pick<AuthContext, 'mail'>,
  { email, name }: Pick<Account, 'email' | 'name'>,
  { type, token }: MailedToken,
): Promise<void> {
  const message = { to: email, name, token };
  await (type === 'password_reset' ? mail.sendPasswordReset(message) : mail.sendVerification(message));
}

/** Whose token it is, without spending it. Rejects as {@link spendMailedToken}. */
export async function findMailedToken(context: AuthContext, { token, type }: MailedToken): Promise<Account> {
  const seen = await readToken(context.pool, { type, hash: hashOfToken(token) });
  const account = seen && (await findAccountById(context.pool, seen.userId));
  const refusal = refusalOf(account, seen, context.clock());
  if (refusal !== undefined) throw refusal;
  return account!;
}

/**
 * Spends a token and runs `work` in the same transaction, for the account that is locked exclusively. Rejects with
 * `TOKEN_INVALID`, `TOKEN_EXPIRED`, `TOKEN_REVOKED` (spent already, or another one was sent since), `ACCOUNT_INACTIVE`.
 */
export async function spendMailedToken<Result>(
  context: AuthContext,
  { token, type }: MailedToken,
  work: (client: Client, account: Account, now: Date) => Promise<Result>,
): Promise<Result> {
  const { id } = await findMailedToken(context, { token, type });
  return withUser(context.pool.pool, id, async (client) => {
    const now = context.clock();
    const account = await lockAccount(client, id, 'exclusive');
    const held = await lockToken(client, { type, hash: hashOfToken(token) });
    const refusal = refusalOf(account, held, now);
    if (refusal !== undefined) throw refusal;
    await client.query('UPDATE auth_tokens SET revoked_at = $2, last_used_at = $2 WHERE id = $1', [held!.id, now]);
    return work(client, account!, now);
  });
}
