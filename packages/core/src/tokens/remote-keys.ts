import { AtrizError } from '@atriz/database';
import type { CryptoKey } from 'jose';
import { SILENT, type AuthLogger } from '../logger.ts';
import type { VerificationKeys } from './key-ring.ts';
import { importPublicHalf, type PublicKey } from './signing-key.ts';

export interface RemoteKeysOptions {
  /** Default 5,000. */
  readonly timeoutMs?: number;
  readonly logger?: AuthLogger;
}

export interface RemoteKeys extends VerificationKeys {
  /** Reads the keys now, so that the first request need not wait. Resolves to whether that succeeded. */
  load(now: Date): Promise<boolean>;
}

/** Keys are read again once they are so old: how long one that was withdrawn still counts. */
const FRESH_MS = 300_000;

/** A key that is not known is asked for at most so often, however many tokens name one. */
const UNKNOWN_KEY_MS = 10_000;

/** After a failure it is tried again at most so often. */
const RETRY_MS = 2000;

/** While there is no key at all, so often: services that start together wait for the website, and not for each other. */
const FIRST_RETRY_MS = 200;

/**
 * The public keys that a website publishes at `url`, kept here. While the website does not answer, those read last go
 * on. Only before the first success there is nothing to go on with: `SERVICE_UNAVAILABLE`. What is at `url` decides who
 * gets in, so it is HTTPS, or in a network that nobody else writes to.
 */
export function remoteKeys(url: string, { timeoutMs = 5000, logger = SILENT }: RemoteKeysOptions = {}): RemoteKeys {
  let known: ReadonlyMap<string, CryptoKey> | undefined;
  let readAt = -Infinity;
  let triedAt = -Infinity;
  let reading: Promise<boolean> | undefined;

  const readOnce = async (now: Date): Promise<boolean> => {
    triedAt = now.getTime();
    try {
      known = await fetchKeys(url, timeoutMs);
      readAt = now.getTime();
      return true;
    } catch (error) {
      logger.warn({ url, reason: reasonOf(error) }, 'the public keys cannot be read');
      return false;
    }
  };
  const read = (now: Date): Promise<boolean> => {
    reading ??= readOnce(now).finally(() => {
      reading = undefined;
    });
    return reading;
  };

  return {
    load: read,
    async verificationKey(id, now) {
      if (known === undefined && (reading !== undefined || isOlder(triedAt, FIRST_RETRY_MS, now))) await read(now);
      if (known === undefined) throw unavailable(url);
      const key = known.get(id);
      if (key === undefined && (reading !== undefined || isOlder(triedAt, UNKNOWN_KEY_MS, now))) await read(now);
      // Nobody waits for that: the keys there are good meanwhile.
      else if (isOlder(readAt, FRESH_MS, now) && isOlder(triedAt, RETRY_MS, now)) void read(now);
      return key ?? known.get(id);
    },
  };
}

/** A clock that was put back counts as one that moved on. */
function isOlder(then: number, ms: number, now: Date): boolean {
  return Math.abs(now.getTime() - then) >= ms;
}

async function fetchKeys(url: string, timeoutMs: number): Promise<ReadonlyMap<string, CryptoKey>> {
  const answer = await fetch(url, {
    headers: { accept: 'application/jwk-set+json, application/json' },
    redirect: 'error',
    signal: AbortSignal.timeout(timeoutMs),
  });
  if (answer.status !== 200) {
    await answer.body?.cancel();
    throw new Error(`${url} answered ${answer.status}`);
  }
  const { keys } = (await answer.json()) as { readonly keys?: unknown };
  const ours = Array.isArray(keys) ? keys.filter(isOurs) : [];
  if (ours.length === 0) throw new Error(`${url} published no Ed25519 key`);
  return new Map(await Promise.all(ours.map(async (key) => [key.kid, await importPublicHalf(key)] as const)));
}

/** What fetch found is in the cause of its error. No stack: a website that is still starting is no mistake. */
function reasonOf(error: unknown): string {
  const { message, cause } = error as Error;
  return cause instanceof Error ? `${message}: ${cause.message}` : message;
}

/** Keys of other kinds may stand beside them, for other things. */
function isOurs(key: unknown): key is PublicKey {
  const { kty, crv, x, kid, use = 'sig' } = (key ?? {}) as Readonly<Record<string, unknown>>;
  return kty === 'OKP' && crv === 'Ed25519' && use === 'sig' && typeof x === 'string' && typeof kid === 'string';
}

function unavailable(url: string): AtrizError {
  return new AtrizError('SERVICE_UNAVAILABLE', 'the public keys of the sign-on have not been read yet', {
    hint: `see whether the website answers at ${url}`,
    retryAfterSeconds: RETRY_MS / 1000,
  });
}
