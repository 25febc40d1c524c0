import { randomUUID } from 'node:crypto';
import { AtrizError, type DatabasePool } from '@atriz/database';
import { recordAudit } from '../audit/record.ts';
import type { AuthContext } from '../auth-context.ts';
import type { AccessToken } from '../tokens/access-token.ts';
import { createOpaqueToken } from '../tokens/opaque-token.ts';
import { planSpan } from './lifetimes.ts';
import { mintAccessToken } from './mint.ts';
import { proveEmail, withProof, type Attempt } from './proof.ts';
import { insertToken } from './token-rows.ts';

export interface SignIn extends Attempt {
  readonly email: string;
}

/** What a session begins with: its token, and an access token of it. */
export interface NewSession extends AccessToken {
  readonly token: string;
  readonly userId: string;
  readonly sessionId: string;
  /** When the session's token expires unless it is used. */
  readonly expiresAt: Date;
}

/** Begins a session, whose token is of `type`. Rejects as `signIn` of `Sessions`. */
export async function beginSession(
  context: AuthContext,
  { email, ...attempt }: SignIn,
  type: 'refresh' | 'session',
): Promise<NewSession> {
  const proof = await proveEmail(context, email, attempt);
  if (context.requireVerifiedEmail && !proof.account.emailVerified) {
    await withProof(context, proof, async () => {});
    throw emailUnverified();
  }
  return withProof(context, proof, async (client, account) => {
    const now = context.clock();
    const sessionId = randomUUID();
    const { token, hash } = createOpaqueToken();
    const span = planSpan(now);
    const accessToken = await mintAccessToken(context, client, account, { sessionId, now });
    await insertToken(client, { type, hash, userId: account.id, sessionId, now, ...span });
    await rememberAddress(client, { userId: account.id, addressHash: proof.addressHash, now });
    await recordAudit(client, { action: 'session.started', userId: account.id, details: { session: sessionId } });
    return { token, userId: account.id, sessionId, expiresAt: span.expiresAt, ...accessToken };
  });
}

async function rememberAddress(
  client: Pick<DatabasePool, 'query'>,
  { userId, addressHash, now }: { readonly userId: string; readonly addressHash: string; readonly now: Date },
): Promise<void> {
  await client.query(
    `INSERT INTO sign_in_addresses (user_id, address_hash, signed_in_at) VALUES ($1, $2, $3)
     ON CONFLICT (user_id, address_hash) DO UPDATE SET signed_in_at = excluded.signed_in_at`,
    [userId, addressHash, now],
  );
}

function emailUnverified(): AtrizError {
  return new AtrizError('EMAIL_UNVERIFIED', 'the e-mail address was not verified', {
    hint: 'follow the link that was sent to it',
  });
}
