import { Decrypter, Encrypter } from 'age-encryption';
import { hideSecrets } from '../secrets.ts';

/** What sets are encrypted with, and what opens them. Secrets are not enumerable: no print and no copy has them. */
export type BackupKey =
  /** Each set has a key of its own, which lies in the set, wrapped in the passphrase. */
  | { readonly kind: 'passphrase'; readonly passphrase: string }
  /** Files are encrypted to the identities' recipients and to those beside them; any of the identities opens them. */
  | { readonly kind: 'identity'; readonly identities: readonly string[]; readonly recipients: readonly string[] }
  /** Files are encrypted, and opened by whoever has the identity: here nothing can be verified beyond checksums. */
  | { readonly kind: 'recipient'; readonly recipients: readonly string[] };

export type ParsedKey = { readonly key: BackupKey } | { readonly problem: string; readonly hint: string };

const MIN_PASSPHRASE_LENGTH = 12;
const IDENTITY = /^AGE-SECRET-KEY-/i;
const RECIPIENT = /^age1/i;

/**
 * Reads `BACKUP_ENCRYPTION_KEY`: a passphrase, or identities (`AGE-SECRET-KEY-1…`) and recipients (`age1…`) with commas
 * between them. With several identities the first one counts for new sets' signatures, and each of them opens old sets.
 * Pure. A problem never repeats the text.
 */
export function parseKey(text: string): ParsedKey {
  const items = text.split(',').map((item) => item.trim());
  if (!items.some((item) => IDENTITY.test(item) || RECIPIENT.test(item))) return parsePassphrase(text);
  const identities = items.filter((item) => IDENTITY.test(item)).map((item) => item.toUpperCase());
  const recipients = items.filter((item) => RECIPIENT.test(item));
  const isAllKnown = identities.length + recipients.length === items.length;
  if (!isAllKnown || !identities.every(isIdentity) || !recipients.every(isRecipient)) {
    return {
      problem: 'not a list of age identities and recipients',
      hint: 'set it to what age-keygen printed, whole, or to a passphrase that does not begin like one',
    };
  }
  if (identities.length === 0) return { key: { kind: 'recipient', recipients } };
  return { key: hideSecrets({ kind: 'identity', identities, recipients }, 'identities') };
}

function parsePassphrase(passphrase: string): ParsedKey {
  if ([...passphrase].length < MIN_PASSPHRASE_LENGTH) {
    const problem = `a passphrase of less than ${MIN_PASSPHRASE_LENGTH} characters`;
    return { problem, hint: 'set it to a long one, such as what `openssl rand -base64 24` prints' };
  }
  return { key: hideSecrets({ kind: 'passphrase', passphrase }, 'passphrase') };
}

function isIdentity(text: string): boolean {
  return isAccepted(() => new Decrypter().addIdentity(text));
}

function isRecipient(text: string): boolean {
  return isAccepted(() => new Encrypter().addRecipient(text));
}

function isAccepted(add: () => void): boolean {
  try {
    add();
    return true;
  } catch {
    return false;
  }
}
