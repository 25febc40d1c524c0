import type { DatabasePool } from '@atriz/database';
import type { TokenType } from './token-rows.ts';

type Client = Pick<DatabasePool, 'query'>;

interface Standing {
  readonly userId: string;
  readonly now: Date;
  readonly types: readonly TokenType[];
  /** This session's tokens stay. */
  readonly exceptSessionId?: string | undefined;
}

/** What signing in gives. */
export const SESSION_TYPES = ['refresh', 'session'] as const satisfies readonly TokenType[];

/** All that opens an account without its password. */
export const ALL_TYPES = [
  ...SESSION_TYPES,
  'api',
  'email_verification',
  'password_reset',
] as const satisfies readonly TokenType[];

/** Withdraws a user's tokens of these types. The account is locked exclusively by the caller, as in all that follows. */
export async function withdrawTokens(client: Client, { userId, now, types, exceptSessionId }: Standing): Promise<void> {
  await client.query(
    `UPDATE auth_tokens SET revoked_at = $2
     WHERE user_id = $1 AND token_type = ANY ($3) AND revoked_at IS NULL
       AND ($4::uuid IS NULL OR session_id IS DISTINCT FROM $4)`,
    [userId, now, types, exceptSessionId ?? null],
  );
}

/**
 * Withdraws every access token that the user has by now, wherever it is checked: the account's version goes up, and the
 * applications are told the least that is good.
 */
export async function withdrawAccessTokens(client: Client, userId: string): Promise<void> {
  await client.query(
    `WITH account AS (
       UPDATE users SET token_version = token_version + 1 WHERE id = $1 RETURNING id, token_version
     )
     INSERT INTO token_revocations (subject_id, least_version) SELECT id, token_version FROM account
     ON CONFLICT (subject_id) DO UPDATE
     SET least_version = greatest(token_revocations.least_version, excluded.least_version), revoked_at = now()`,
    [userId],
  );
}

/** Ends a session: its tokens, and the access tokens that came of it. False when it had ended already. */
export async function endSession(
  client: Client,
  { userId, sessionId, now }: { readonly userId: string; readonly sessionId: string; readonly now: Date },
): Promise<boolean> {
  const { rowCount } = await client.query(
    `UPDATE auth_tokens SET revoked_at = $3
     WHERE user_id = $1 AND session_id = $2 AND token_type IN ('refresh', 'session', 'api') AND revoked_at IS NULL`,
    [userId, sessionId, now],
  );
  if (rowCount === 0) return false;
  await client.query(
    `INSERT INTO token_revocations (subject_id) VALUES ($1)
     ON CONFLICT (subject_id) DO UPDATE SET least_version = NULL, revoked_at = now()`,
    [sessionId],
  );
  return true;
}
