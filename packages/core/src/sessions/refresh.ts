import { withUser } from '@atriz/database';
import { lockAccount } from '../accounts/account.ts';
import { recordAudit } from '../audit/record.ts';
import type { AuthContext } from '../auth-context.ts';
import { createOpaqueToken, hashOfToken } from '../tokens/opaque-token.ts';
import { planSpan } from './lifetimes.ts';
import { mintAccessToken } from './mint.ts';
import { refusalOf, tokenInvalid, tokenReused } from './refusals.ts';
import type { TokenPair } from './sessions.ts';
import { insertToken, lockToken, readToken, type TokenRow } from './token-rows.ts';
import { endSession } from './withdrawal.ts';

/** Replaces a refresh token by the next one of its session. Rejects as `refresh` of `Sessions`. */
export async function refreshSession(context: AuthContext, refreshToken: string): Promise<TokenPair> {
  const key = { type: 'refresh', hash: hashOfToken(refreshToken) } as const;
  const seen = await readToken(context.pool, key);
  if (seen === undefined) throw tokenInvalid();
  if (seen.replacedAt !== null) return endReused(context, seen);

  return withUser(context.pool.pool, seen.userId, async (client) => {
    const now = context.clock();
    const account = await lockAccount(client, seen.userId, 'shared');
    const token = await lockToken(client, key);
    // It was good when it came: two came at once, and the other one was first. Nobody has used an old one.
    if (account?.isActive && token?.replacedAt) throw tokenReused('the refresh token was used at this very moment');
    const refusal = refusalOf(account, token, now);
    if (refusal !== undefined) throw refusal;

    const next = createOpaqueToken();
    const { id, sessionId } = token! as TokenRow & { sessionId: string };
    const span = planSpan(now, token!.sessionEndsAt ?? undefined);
    const accessToken = await mintAccessToken(context, client, account!, { sessionId, now });
    await client.query('UPDATE auth_tokens SET replaced_at = $2, last_used_at = $2 WHERE id = $1', [id, now]);
    await insertToken(client, { type: 'refresh', hash: next.hash, userId: seen.userId, sessionId, now, ...span });
    return { refreshToken: next.token, ...accessToken };
  });
}

/** Somebody has a copy of the session's tokens, and nobody knows who: it ends, which is kept although this rejects. */
async function endReused(context: AuthContext, { userId, sessionId }: TokenRow): Promise<never> {
  await withUser(context.pool.pool, userId, async (client) => {
    await lockAccount(client, userId, 'exclusive');
    const hasEnded = await endSession(client, { userId, sessionId: sessionId!, now: context.clock() });
    if (hasEnded)
      await recordAudit(client, { action: 'refresh_token.reused', userId, details: { session: sessionId } });
  });
  context.logger.warn({ userId, sessionId }, 'a refresh token was used twice; its session was ended');
  throw tokenReused('the refresh token was used before; its session was ended');
}
