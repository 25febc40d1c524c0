import { createHash, randomBytes } from 'node:crypto';

export interface OpaqueToken {
  /** What its holder gets: 256 bits, base64url. It is kept nowhere. */
  readonly token: string;
  /** What `auth_tokens.token_hash` keeps. */
  readonly hash: string;
}

export function createOpaqueToken(): OpaqueToken {
  const token = randomBytes(32).toString('base64url');
  return { token, hash: hashOfToken(token) };
}

/** A plain SHA-256 serves where a password's would not: nobody guesses 256 random bits. */
export function hashOfToken(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}
