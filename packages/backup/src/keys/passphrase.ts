import { randomBytes, scrypt, type ScryptOptions } from 'node:crypto';
import { promisify } from 'node:util';
import { Stanza, type Identity, type Recipient } from 'age-encryption';
import { NONCE_BYTES, seal, unseal } from './aead.ts';

/**
 * 2^17 rounds: a guess costs 128 MiB and a third of a second. `age` itself takes twice the memory, which is more than all
 * of a backup may use.
 */
const WORK_FACTOR = 17;
/** A file that asks for more than this is not one of ours. */
const MAX_WORK_FACTOR = 20;

const BLOCK_SIZE = 8;
const KEY_BYTES = 32;
const SALT_BYTES = 16;
const AGE_LABEL = 'age-encryption.org/v1/scrypt';
/** A key made from a fresh salt is used once. */
const NONCE = Buffer.alloc(NONCE_BYTES);

export interface DerivationOptions {
  readonly salt: Uint8Array;
  /** The binary logarithm of the rounds, and so of the memory: 2^17 need 128 MiB. */
  readonly workFactor: number;
  /** How often it is done: as slow to guess as a work factor more, in half of its memory. */
  readonly times: number;
}

/** A key of 32 bytes from a passphrase, made slow to guess by scrypt. */
export async function deriveFromPassphrase(
  passphrase: string,
  { salt, workFactor, times }: DerivationOptions,
): Promise<Buffer> {
  const rounds = 2 ** workFactor;
  const maxmem = 128 * BLOCK_SIZE * (rounds + 32);
  const options: ScryptOptions = { N: rounds, r: BLOCK_SIZE, p: times, maxmem };
  return promisify<string, Uint8Array, number, ScryptOptions, Buffer>(scrypt)(passphrase, salt, KEY_BYTES, options);
}

/** Wraps a file's key in a passphrase, in the stanza of `age --passphrase`, by Node's own scrypt. */
export function createPassphraseRecipient(passphrase: string): Recipient {
  return {
    async wrapFileKey(fileKey) {
      const salt = randomBytes(SALT_BYTES);
      const key = await deriveFromPassphrase(passphrase, {
        salt: labelled(salt),
        workFactor: WORK_FACTOR,
        times: 1,
      });
      const encoded = salt.toString('base64').replace(/=+$/, '');
      return [new Stanza(['scrypt', encoded, String(WORK_FACTOR)], seal(fileKey, { key, nonce: NONCE }))];
    },
  };
}

/** Opens what {@link createPassphraseRecipient}, or `age --passphrase`, wrapped. */
export function createPassphraseIdentity(passphrase: string): Identity {
  return {
    async unwrapFileKey([stanza, ...others]) {
      const [type, salt = '', workFactor = ''] = stanza?.args ?? [];
      if (stanza === undefined || others.length > 0 || type !== 'scrypt') return null;
      const factor = /^[1-9]\d?$/.test(workFactor) ? Number(workFactor) : Infinity;
      if (factor > MAX_WORK_FACTOR) return null;
      const key = await deriveFromPassphrase(passphrase, {
        salt: labelled(Buffer.from(salt, 'base64')),
        workFactor: factor,
        times: 1,
      });
      return unseal(stanza.body, { key, nonce: NONCE }) ?? null;
    },
  };
}

function labelled(salt: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from(AGE_LABEL), salt]);
}
