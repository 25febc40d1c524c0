import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import type { Manifest } from '../manifest/manifest.ts';
import { sealFile } from './age-file.ts';
import type { BackupKey } from './key.ts';
import { createPassphraseRecipient } from './passphrase.ts';

/** What the manifest says of a set's encryption. */
export type SetEncryption = NonNullable<Manifest['encryption']>;

/** Encrypts the files of one set. */
export interface SetCipher {
  readonly encryption: SetEncryption;
  /** The set's own key, wrapped in the passphrase: a file of the set beside the others. None for recipients. */
  readonly wrappedKey: Uint8Array | undefined;
  /** Makes an age file of a stream, which the program `age` opens too. */
  encrypt(source: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array>;
}

/**
 * Prepares the encryption of a new set.
 *
 * With a passphrase the set gets an identity of its own, and only that is wrapped in the passphrase: its cost is paid once
 * a set, not once a file.
 */
export async function createSetCipher(key: BackupKey): Promise<SetCipher> {
  if (key.kind !== 'passphrase') {
    const recipients = await recipientsOf(key);
    return {
      encryption: { format: 'age', key: 'recipients', recipients: [...recipients] },
      wrappedKey: undefined,
      encrypt: (source) => sealFile(source, recipients),
    };
  }
  const identity = await generateX25519Identity();
  const recipient = await identityToRecipient(identity);
  const wrapped = sealFile([Buffer.from(`${identity}\n`)], [createPassphraseRecipient(key.passphrase)]);
  return {
    encryption: { format: 'age', key: 'passphrase', recipients: [recipient] },
    wrappedKey: Buffer.concat(await Array.fromAsync(wrapped)),
    encrypt: (source) => sealFile(source, [recipient]),
  };
}

/** Whom a key that is no passphrase encrypts to. */
export async function recipientsOf(key: Exclude<BackupKey, { kind: 'passphrase' }>): Promise<readonly string[]> {
  if (key.kind === 'recipient') return key.recipients;
  return [...(await Promise.all(key.identities.map((each) => identityToRecipient(each)))), ...key.recipients];
}
