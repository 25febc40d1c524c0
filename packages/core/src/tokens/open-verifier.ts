import type { DatabasePool } from '@atriz/database';
import { SILENT, type AuthLogger } from '../logger.ts';
import type { VerificationKeys } from './key-ring.ts';
import { remoteKeys, type RemoteKeys } from './remote-keys.ts';
import { followRevocations, type RevocationsState } from './revocations.ts';
import { createTokenVerifier, type TokenVerifier } from './verifier.ts';

export interface OpenTokenVerifierOptions {
  /** Whose tokens are good: the website's public URL. */
  readonly issuer: string;
  /** This application's name among a token's audiences. */
  readonly audience: string;
  /** The URL that publishes the public keys, or, in the website itself, its ring. */
  readonly keys: string | VerificationKeys;
  /** The shared database: one connection of this pool is kept, `openApplicationPools` gives `listening` for it. */
  readonly shared: DatabasePool;
  /** How often revocations are read in case a notification was missed. Default 10,000. */
  readonly pollMs?: number;
  readonly logger?: AuthLogger;
  readonly clock?: () => Date;
}

/** Dispose of it before the shared pool. */
export interface OpenTokenVerifier extends TokenVerifier, AsyncDisposable {
  /** For a health route. */
  revocations(): RevocationsState;
}

/**
 * Makes what an application checks access tokens with, and keeps it up to date. It needs the website and the shared
 * database now and then, and goes on without either: resolves also when neither answers.
 *
 * @example
 * await using verifier = await openTokenVerifier({
 *   issuer: 'https://www.example.com',
 *   audience: 'mextrack',
 *   keys: 'https://www.example.com/.well-known/jwks.json',
 *   shared: pools.listening,
 * });
 */
export async function openTokenVerifier({
  issuer,
  audience,
  keys,
  shared,
  pollMs = 10_000,
  logger = SILENT,
  clock = () => new Date(),
}: OpenTokenVerifierOptions): Promise<OpenTokenVerifier> {
  const verificationKeys = typeof keys === 'string' ? readAhead(remoteKeys(keys, { logger }), clock()) : keys;
  const revocations = await followRevocations({ pool: shared, pollMs, logger, clock });
  const verifier = createTokenVerifier({ issuer, audience, keys: verificationKeys, revocations, clock });
  return {
    verify: (token) => verifier.verify(token),
    revocations: () => revocations.state(),
    [Symbol.asyncDispose]: () => revocations[Symbol.asyncDispose](),
  };
}

/** Nobody waits for it: the website may be starting at the same time. */
function readAhead(keys: RemoteKeys, now: Date): RemoteKeys {
  void keys.load(now);
  return keys;
}
