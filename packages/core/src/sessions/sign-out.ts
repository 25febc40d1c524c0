import { withUser } from '@atriz/database';
import { lockAccount } from '../accounts/account.ts';
import { recordAudit } from '../audit/record.ts';
import type { AuthContext } from '../auth-context.ts';
import { hashOfToken } from '../tokens/opaque-token.ts';
import { readToken, type TokenType } from './token-rows.ts';
import { userUnknown } from './refusals.ts';
import { endSession, SESSION_TYPES, withdrawAccessTokens, withdrawTokens } from './withdrawal.ts';

interface SessionOfUser {
  readonly userId: string;
  readonly sessionId: string;
}

/** Ends the session that a token belongs to, used or not; a token of nobody ends none. */
export async function signOutByToken(context: AuthContext, type: TokenType, token: string): Promise<void> {
  const seen = await readToken(context.pool, { type, hash: hashOfToken(token) });
  if (seen === undefined || seen.sessionId === null) return;
  await signOutBySession(context, { userId: seen.userId, sessionId: seen.sessionId });
}

export async function signOutBySession(context: AuthContext, { userId, sessionId }: SessionOfUser): Promise<void> {
  await withUser(context.pool.pool, userId, async (client) => {
    await lockAccount(client, userId, 'exclusive');
    const hasEnded = await endSession(client, { userId, sessionId, now: context.clock() });
    if (hasEnded) await recordAudit(client, { action: 'session.ended', userId, details: { session: sessionId } });
  });
}

export async function signOutEverywhere(context: AuthContext, userId: string): Promise<void> {
  await withUser(context.pool.pool, userId, async (client) => {
    if ((await lockAccount(client, userId, 'exclusive')) === undefined) throw userUnknown(userId);
    await withdrawTokens(client, { userId, now: context.clock(), types: SESSION_TYPES });
    await withdrawAccessTokens(client, userId);
    await recordAudit(client, { action: 'session.ended', userId, details: { all: true } });
  });
}
