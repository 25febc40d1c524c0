import { SignJWT } from 'jose';
import { randomUUID } from 'node:crypto';
import type { RoleName } from '../roles.ts';
import type { KeyRing } from './key-ring.ts';
import { ALGORITHM } from './signing-key.ts';

/** How long an access token is good: what an application that cannot hear of revocations may be behind. */
export const ACCESS_TOKEN_SECONDS = 900;

/** How far the clocks of who signs and who verifies may be apart. */
export const CLOCK_TOLERANCE_SECONDS = 30;

/** The `typ` of RFC 9068: tells access tokens from all else that one day may be signed with these keys. */
export const TOKEN_TYPE = 'at+jwt';

export interface AccessTokenClaims {
  /** The website's public URL. */
  readonly issuer: string;
  /** The applications that the token is good for. */
  readonly audiences: readonly string[];
  /** A `users.id`. */
  readonly userId: string;
  /** The `auth_tokens.session_id` that the token hangs on. */
  readonly sessionId: string;
  /** The user's `token_version` now. */
  readonly version: number;
  readonly roles: readonly RoleName[];
  readonly now: Date;
}

/** An access token as clients get it. */
export interface AccessToken {
  readonly accessToken: string;
  /** Seconds. */
  readonly expiresIn: number;
}

/** Signs an access token of fifteen minutes. Rejects with `KEYS_INVALID` when no key signs at `now`. */
export async function signAccessToken(
  keys: Pick<KeyRing, 'signingKey'>,
  { issuer, audiences, userId, sessionId, version, roles, now }: AccessTokenClaims,
): Promise<AccessToken> {
  const { id, signingHalf } = await keys.signingKey(now);
  const issuedAt = Math.floor(now.getTime() / 1000);
  const accessToken = await new SignJWT({ sid: sessionId, ver: version, roles: [...roles] })
    .setProtectedHeader({ alg: ALGORITHM, typ: TOKEN_TYPE, kid: id })
    .setIssuer(issuer)
    .setAudience([...audiences])
    .setSubject(userId)
    .setIssuedAt(issuedAt)
    .setExpirationTime(issuedAt + ACCESS_TOKEN_SECONDS)
    .setJti(randomUUID())
    .sign(signingHalf);
  return { accessToken, expiresIn: ACCESS_TOKEN_SECONDS };
}
