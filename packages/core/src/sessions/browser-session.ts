import { withUser } from '@atriz/database';
import { lockAccount } from '../accounts/account.ts';
import type { AuthContext } from '../auth-context.ts';
import { hashOfToken } from '../tokens/opaque-token.ts';
import { planSpan } from './lifetimes.ts';
import { mintAccessToken } from './mint.ts';
import { refusalOf, tokenInvalid } from './refusals.ts';
import type { OpenedSession } from './sessions.ts';
import { lockToken, readToken } from './token-rows.ts';

/** An access token of a browser's session, whose token stays and is good for longer. Rejects as `openSession`. */
export async function openBrowserSession(context: AuthContext, sessionToken: string): Promise<OpenedSession> {
  const key = { type: 'session', hash: hashOfToken(sessionToken) } as const;
  const seen = await readToken(context.pool, key);
  if (seen === undefined) throw tokenInvalid();
  return withUser(context.pool.pool, seen.userId, async (client) => {
    const now = context.clock();
    const account = await lockAccount(client, seen.userId, 'shared');
    const token = await lockToken(client, key);
    const refusal = refusalOf(account, token, now);
    if (refusal !== undefined) throw refusal;
    const { expiresAt } = planSpan(now, token!.sessionEndsAt ?? undefined);
    const accessToken = await mintAccessToken(context, client, account!, { sessionId: token!.sessionId!, now });
    await client.query('UPDATE auth_tokens SET last_used_at = $2, expires_at = $3 WHERE id = $1', [
      token!.id,
      now,
      expiresAt,
    ]);
    return { ...accessToken, expiresAt };
  });
}
