import { randomUUID } from 'node:crypto';
import { AtrizError, withUser } from '@atriz/database';
import { isUuid, lockAccount } from '../accounts/account.ts';
import type { AuthContext } from '../auth-context.ts';
import type { AccessToken } from '../tokens/access-token.ts';
import { createOpaqueToken, hashOfToken } from '../tokens/opaque-token.ts';
import { API_TOKEN_MS } from './lifetimes.ts';
import { mintAccessToken } from './mint.ts';
import { accountInactive, refusalOf, tokenInvalid, userUnknown } from './refusals.ts';
import { insertToken, lockToken, readToken } from './token-rows.ts';
import { endSession } from './withdrawal.ts';

/** What a program signs in with, as its owner sees it; the token itself is shown once, by `createApiToken`. */
export interface ApiToken {
  readonly id: string;
  readonly name: string;
  /** The applications that it is good for; null for all. */
  readonly audiences: readonly string[] | null;
  readonly createdAt: Date;
  readonly expiresAt: Date;
  readonly lastUsedAt: Date | null;
}

export interface NewApiToken {
  readonly userId: string;
  /** What its owner calls it: 1 to 100 characters. */
  readonly name: string;
  /** Default: all applications. */
  readonly audiences?: readonly string[] | undefined;
  /** At most a year from now, which is the default too. */
  readonly expiresAt?: Date | undefined;
}

export interface ApiTokens {
  /**
   * Makes an API token, of 50 at most. Rejects with `USER_UNKNOWN`, `ACCOUNT_INACTIVE`, `CONFLICT` when there are 50,
   * and `REQUEST_INVALID` for a name, applications or an end that cannot be.
   */
  createApiToken(wanted: NewApiToken): Promise<ApiToken & { readonly token: string }>;
  /** A user's tokens that are good, the newest first. */
  listApiTokens(user: { readonly userId: string }): Promise<readonly ApiToken[]>;
  /** Withdraws a token, with the access tokens that came of it. Rejects with `NOT_FOUND` for one of another user, too. */
  revokeApiToken(which: { readonly userId: string; readonly id: string }): Promise<void>;
  /**
   * An access token for the program that holds an API token. Rejects with `TOKEN_INVALID`, `TOKEN_EXPIRED`,
   * `TOKEN_REVOKED` and `ACCOUNT_INACTIVE`.
   */
  exchangeApiToken(held: { readonly token: string }): Promise<AccessToken>;
}

const MOST_TOKENS = 50;

const LIST = `
  SELECT id, name, audiences, created_at AS "createdAt", expires_at AS "expiresAt", last_used_at AS "lastUsedAt"
  FROM auth_tokens
  WHERE user_id = $1 AND token_type = 'api' AND revoked_at IS NULL AND expires_at > $2
  ORDER BY created_at DESC, id`;

export function createApiTokens(context: AuthContext): ApiTokens {
  const { pool, clock } = context;
  const listApiTokens = async (userId: string, db: Pick<typeof pool, 'query'> = pool): Promise<readonly ApiToken[]> => {
    const { rows } = await db.query<ApiToken & Record<string, unknown>>(LIST, [userId, clock()]);
    return rows;
  };
  return {
    createApiToken: ({ userId, name, audiences, expiresAt }) =>
      withUser(pool.pool, userId, async (client) => {
        const now = clock();
        const until = expiresAt ?? new Date(now.getTime() + API_TOKEN_MS);
        refuseImpossible({ name, audiences, expiresAt: until }, context.audiences, now);
        const account = await lockAccount(client, userId, 'exclusive');
        if (account === undefined) throw userUnknown(userId);
        if (!account.isActive) throw accountInactive();
        if ((await listApiTokens(userId, client)).length >= MOST_TOKENS) throw tooMany();
        const { token, hash } = createOpaqueToken();
        const made = { userId, name: name.trim(), audiences, now, expiresAt: until };
        const id = await insertToken(client, { type: 'api', hash, sessionId: randomUUID(), ...made });
        return {
          id,
          token,
          name: made.name,
          audiences: audiences ?? null,
          createdAt: now,
          expiresAt: until,
          lastUsedAt: null,
        };
      }),
    listApiTokens: ({ userId }) => listApiTokens(userId),
    revokeApiToken: ({ userId, id }) =>
      withUser(pool.pool, userId, async (client) => {
        if (!isUuid(id)) throw notFound(id);
        await lockAccount(client, userId, 'exclusive');
        const { rows } = await client.query<{ sessionId: string }>(
          `SELECT session_id AS "sessionId" FROM auth_tokens
           WHERE user_id = $1 AND id = $2 AND token_type = 'api' AND revoked_at IS NULL`,
          [userId, id],
        );
        const [found] = rows;
        if (found === undefined) throw notFound(id);
        await endSession(client, { userId, sessionId: found.sessionId, now: clock() });
      }),
    async exchangeApiToken({ token }) {
      const key = { type: 'api', hash: hashOfToken(token) } as const;
      const seen = await readToken(pool, key);
      if (seen === undefined) throw tokenInvalid();
      return withUser(pool.pool, seen.userId, async (client) => {
        const now = clock();
        const account = await lockAccount(client, seen.userId, 'shared');
        const held = await lockToken(client, key);
        const refusal = refusalOf(account, held, now);
        if (refusal !== undefined) throw refusal;
        await client.query('UPDATE auth_tokens SET last_used_at = $2 WHERE id = $1', [held!.id, now]);
        const { sessionId, audiences } = held!;
        return mintAccessToken(context, client, account!, { sessionId: sessionId!, audiences, now });
      });
    },
  };
}

function refuseImpossible(
  { name, audiences, expiresAt }: Required<Pick<NewApiToken, 'name' | 'expiresAt'>> & Pick<NewApiToken, 'audiences'>,
  known: readonly string[],
  now: Date,
): void {
  const lifeMs = expiresAt!.getTime() - now.getTime();
  const isNamed = name.trim() !== '' && name.length <= 100 && !name.includes('\0');
  if (!isNamed) throw invalid('the name of an API token has 1 to 100 characters');
  if (!(lifeMs > 0 && lifeMs <= API_TOKEN_MS)) throw invalid('an API token ends within a year from now');
  if (audiences?.length === 0) throw invalid('an API token is for at least one application');
  const unknown = audiences?.find((audience) => !known.includes(audience));
  if (unknown !== undefined) throw invalid(`there is no application ${JSON.stringify(unknown)}`);
}

function invalid(message: string): AtrizError {
  return new AtrizError('REQUEST_INVALID', message);
}

function notFound(id: string): AtrizError {
  return new AtrizError('NOT_FOUND', `there is no API token ${JSON.stringify(id)}`);
}

function tooMany(): AtrizError {
  return new AtrizError('CONFLICT', `there are ${MOST_TOKENS} API tokens already`, { hint: 'revoke one of them' });
}
