import type { DatabasePool } from '@atriz/database';
import type { Account } from '../accounts/account.ts';
import type { AuthContext } from '../auth-context.ts';
import { readRolesOfUser } from '../roles.ts';
import { signAccessToken, type AccessToken } from '../tokens/access-token.ts';

export interface Minting {
  readonly sessionId: string;
  /** The applications that the token is good for; null for all. */
  readonly audiences?: readonly string[] | null;
  readonly now: Date;
}

/**
 * An access token of what the account is now. `client` is in the transaction that locked the account: its roles are
 * those of its version, so a token either knows of a role's revocation or is withdrawn by it.
 */
export async function mintAccessToken(
  { keys, issuer, audiences }: Pick<AuthContext, 'keys' | 'issuer' | 'audiences'>,
  client: Pick<DatabasePool, 'query'>,
  { id, tokenVersion }: Account,
  { sessionId, audiences: only = null, now }: Minting,
): Promise<AccessToken> {
  return signAccessToken(keys, {
    issuer,
    audiences: only === null ? audiences : audiences.filter((audience) => only.includes(audience)),
    userId: id,
    sessionId,
    version: tokenVersion,
    roles: await readRolesOfUser(client, id),
    now,
  });
}
