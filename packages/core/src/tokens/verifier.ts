import { AtrizError } from '@atriz/database';
import { errors, jwtVerify, type CryptoKey, type JWTHeaderParameters, type JWTPayload } from 'jose';
import type { RoleName } from '../roles.ts';
import { ACCESS_TOKEN_SECONDS, CLOCK_TOLERANCE_SECONDS, TOKEN_TYPE } from './access-token.ts';
import { readClaims, type VerifiedClaims } from './claims.ts';
import type { VerificationKeys } from './key-ring.ts';
import { ALGORITHM } from './signing-key.ts';
import { createVerifiedTokens } from './verified-tokens.ts';

/** Who a request comes from, as its access token says. */
export interface Identity {
  /** A `users.id` of atriz_shared. */
  readonly userId: string;
  /** In alphabetical order. */
  readonly roles: readonly RoleName[];
  /** What was begun by signing in: ends with signing out. */
  readonly sessionId: string;
  readonly expiresAt: Date;
}

/** What an application checks access tokens with. */
export interface TokenVerifier {
  /**
   * Whose token it is. Rejects with `TOKEN_INVALID` (no token of ours, or not for this application), `TOKEN_EXPIRED`,
   * `TOKEN_REVOKED`, and `SERVICE_UNAVAILABLE` while the public keys have never been read.
   */
  verify(token: string): Promise<Identity>;
}

/** What is asked of each token beside its signature and dates. */
export interface RevokedTokens {
  isRevoked(token: { readonly userId: string; readonly sessionId: string; readonly version: number }): boolean;
}

export interface TokenVerifierOptions {
  /** Whose tokens are good: the website's public URL. */
  readonly issuer: string;
  /** This application's name among a token's audiences. */
  readonly audience: string;
  readonly keys: VerificationKeys;
  /** Default: none is revoked. */
  readonly revocations?: RevokedTokens;
  readonly clock?: () => Date;
}

/** Ours are about 500 characters long. */
const MOST_CHARACTERS = 4096;

/** Three base64url parts. The last letter of 64 bytes has four idle bits, which have to be zero: a token has one form. */
const SHAPE = /^[\w-]+\.[\w-]+\.[\w-]{85}[AQgw]$/;

/**
 * Makes what checks access tokens: the signature (EdDSA alone, whatever the token says), issuer, audience, type, times
 * (clocks may be 30 seconds apart), and whether it was revoked. The signature of a token seen within the last minute is not
 * checked again; its expiry and revocation are, every time.
 */
export function createTokenVerifier({
  issuer,
  audience,
  keys,
  revocations,
  clock = () => new Date(),
}: TokenVerifierOptions): TokenVerifier {
  const verified = createVerifiedTokens();
  const invalid = (cause?: unknown): AtrizError =>
    new AtrizError('TOKEN_INVALID', `this is no access token for ${audience}`, { hint: 'sign in', cause });

  const check = async (token: string, now: Date): Promise<VerifiedClaims> => {
    if (typeof token !== 'string' || token.length > MOST_CHARACTERS || !SHAPE.test(token)) throw invalid();
    const payload = await readPayload(token, keys, { issuer, audience, now }).catch((error: unknown) => {
      if (error instanceof AtrizError) throw error;
      throw error instanceof errors.JWTExpired ? expired(error) : invalid(error);
    });
    const claims = readClaims(payload);
    if (claims === undefined) throw invalid();
    verified.keep(token, claims, now);
    return claims;
  };

  return {
    async verify(token) {
      const now = clock();
      const { identity, version } = verified.find(token, now) ?? (await check(token, now));
      if (identity.expiresAt.getTime() + CLOCK_TOLERANCE_SECONDS * 1000 <= now.getTime()) throw expired();
      if (revocations?.isRevoked({ userId: identity.userId, sessionId: identity.sessionId, version })) throw revoked();
      return identity;
    },
  };
}

async function readPayload(
  token: string,
  keys: VerificationKeys,
  { issuer, audience, now }: { readonly issuer: string; readonly audience: string; readonly now: Date },
): Promise<JWTPayload> {
  const findKey = async ({ kid }: JWTHeaderParameters): Promise<CryptoKey> => {
    const key = typeof kid === 'string' ? await keys.verificationKey(kid, now) : undefined;
    if (key === undefined) throw new errors.JWKSNoMatchingKey();
    return key;
  };
  const { payload } = await jwtVerify(token, findKey, {
    algorithms: [ALGORITHM],
    typ: TOKEN_TYPE,
    issuer,
    audience,
    requiredClaims: ['sub', 'sid', 'ver', 'roles', 'exp', 'iat', 'jti'],
    clockTolerance: CLOCK_TOLERANCE_SECONDS,
    maxTokenAge: ACCESS_TOKEN_SECONDS,
    currentDate: now,
  });
  return payload;
}

function expired(cause?: unknown): AtrizError {
  return new AtrizError('TOKEN_EXPIRED', 'the access token has expired', { hint: 'refresh it', cause });
}

function revoked(): AtrizError {
  return new AtrizError('TOKEN_REVOKED', 'the access token was withdrawn', { hint: 'sign in' });
}
