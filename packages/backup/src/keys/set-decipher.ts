import { Readable } from 'node:stream';
import { AtrizError } from '@atriz/database';
import { identityToRecipient } from 'age-encryption';
import { unsealFile } from './age-file.ts';
import type { BackupKey } from './key.ts';
import { createPassphraseIdentity } from './passphrase.ts';
import { recipientsOf, type SetEncryption } from './set-cipher.ts';

/** Decrypts the files of one set. */
export interface SetDecipher {
  /** The stream fails with `BACKUP_CORRUPT`, under the given name, where the file is not authentic or not whole. */
  decrypt(source: AsyncIterable<Uint8Array>, name: string): AsyncIterable<Uint8Array>;
}

export interface OpenDecipherOptions {
  readonly encryption: SetEncryption;
  /** Reads the set's wrapped key, its checksum checked; called for a passphrase. */
  readonly readWrappedKey: () => Promise<{ readonly content: Uint8Array; readonly name: string }>;
}

/**
 * Finds how to decrypt a set, with what is configured.
 *
 * Throws `BACKUP_KEY_MISSING` without a key or with a recipient only, `BACKUP_KEY_WRONG` where it is not the set's, and
 * `BACKUP_CORRUPT`, also later, for what was changed.
 */
export async function openSetDecipher(
  key: BackupKey | undefined,
  { encryption, readWrappedKey }: OpenDecipherOptions,
): Promise<SetDecipher> {
  if (key === undefined || key.kind === 'recipient') throw missing(key, encryption);
  if (encryption.key === 'recipients') {
    const mine = key.kind === 'identity' ? await recipientsOf({ ...key, identities: key.identities }) : [];
    if (key.kind !== 'identity' || !mine.some((each) => encryption.recipients.includes(each))) throw wrong(encryption);
    return createDecipher(key.identities);
  }
  if (key.kind !== 'passphrase') throw wrong(encryption);
  const { content, name } = await readWrappedKey();
  const unsealed = unsealFile(Readable.from([content]), {
    identities: [createPassphraseIdentity(key.passphrase)],
    name,
    unopened: 'BACKUP_KEY_WRONG',
  });
  const identity = Buffer.concat(await Array.fromAsync(unsealed))
    .toString()
    .trim();
  const isOfTheSet = encryption.recipients.includes(await identityToRecipient(identity).catch(() => ''));
  if (isOfTheSet) return createDecipher([identity]);
  throw new AtrizError('BACKUP_CORRUPT', `${name}: it holds another key than the set's`, {
    hint: "use another store's copy, or another set",
  });
}

function createDecipher(identities: readonly string[]): SetDecipher {
  return { decrypt: (source, name) => unsealFile(source, { identities, name, unopened: 'BACKUP_CORRUPT' }) };
}

function missing(key: BackupKey | undefined, { key: kind, recipients }: SetEncryption): AtrizError {
  const has =
    key === undefined
      ? 'BACKUP_ENCRYPTION_KEY is not set'
      : 'BACKUP_ENCRYPTION_KEY is a recipient, which only encrypts';
  const hint =
    kind === 'passphrase'
      ? 'set BACKUP_ENCRYPTION_KEY to the passphrase that the set was made with'
      : `set BACKUP_ENCRYPTION_KEY to the age identity (AGE-SECRET-KEY-1…) of ${recipients.join(' or ')}`;
  return new AtrizError('BACKUP_KEY_MISSING', `the set is encrypted and ${has}`, { hint });
}

function wrong({ key: kind, recipients }: SetEncryption): AtrizError {
  const made = kind === 'passphrase' ? 'a passphrase' : `the age identity of ${recipients.join(' or ')}`;
  return new AtrizError('BACKUP_KEY_WRONG', `BACKUP_ENCRYPTION_KEY does not open the set, which needs ${made}`, {
    hint: 'set BACKUP_ENCRYPTION_KEY to the key that the set was made with',
  });
}
