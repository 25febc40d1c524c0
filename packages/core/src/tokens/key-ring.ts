import { AtrizError } from '@atriz/database';
import type { CryptoKey } from 'jose';
import type { KeyDates, PublicKey, SigningKey } from './signing-key.ts';

/** The public keys that good tokens are signed with, as RFC 7517's JWK Set. */
export interface PublicKeySet {
  readonly keys: readonly PublicKey[];
}

/** Where a verifier finds public keys. */
export interface VerificationKeys {
  /** The key of this `kid`; undefined when there is none that is good at `now`. */
  verificationKey(id: string, now: Date): Promise<CryptoKey | undefined>;
}

/** The keys of the sign-on: one signs, and those that signed before verify until their last token has expired. */
export interface KeyRing extends VerificationKeys {
  /** Rejects with `KEYS_INVALID` when no key signs at `now`. */
  signingKey(now: Date): Promise<SigningKey>;
  /** Those that verify, and those that will sign: what `/.well-known/jwks.json` answers. */
  publicKeys(now: Date): Promise<PublicKeySet>;
}

/**
 * A ring of keys in memory.
 *
 * @example
 * const keys = createKeyRing([await generateSigningKey({ now: new Date() })]);
 */
export function createKeyRing(keys: readonly SigningKey[]): KeyRing {
  return {
    async signingKey(now) {
      const signer = signerAt(keys, now);
      if (signer !== undefined) return signer;
      throw new AtrizError('KEYS_INVALID', `none of the ${keys.length} signing keys signs at ${now.toISOString()}`, {
        hint: 'make one with: pnpm auth:keys rotate',
      });
    },
    async publicKeys(now) {
      return { keys: keys.filter((key) => verifiesAt(key, now)).map(({ publicKey }) => publicKey) };
    },
    async verificationKey(id, now) {
      return keys.find((key) => key.id === id && verifiesAt(key, now))?.verifyingHalf;
    },
  };
}

/** Of the keys that sign at `now`, the one that began last. */
export function signerAt<Key extends KeyDates>(keys: readonly Key[], now: Date): Key | undefined {
  return keys
    .filter(({ signsFrom, signsUntil }) => signsFrom <= now && (signsUntil === null || now < signsUntil))
    .toSorted((a, b) => b.signsFrom.getTime() - a.signsFrom.getTime())[0];
}

export function verifiesAt({ verifiesUntil }: Pick<KeyDates, 'verifiesUntil'>, now: Date): boolean {
  return verifiesUntil === null || now < verifiesUntil;
}
