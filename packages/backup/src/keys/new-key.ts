import type { ListedSet } from '../set/list.ts';
import type { BackupSettings } from '../settings/settings.ts';

/**
 * What has to be said before the first set that is encrypted with the configured key: that there is no other way to it.
 * Undefined where nothing is encrypted, or where a set of the stores was made with this key already. Pure.
 *
 * `sets` are those of the stores that the new one goes to.
 */
export function describeNewKey(
  { encryption, key }: Pick<BackupSettings, 'encryption' | 'key'>,
  sets: readonly Pick<ListedSet, 'manifest'>[],
): string | undefined {
  if (!encryption || key === undefined) return undefined;
  const made = sets.flatMap(({ manifest }) => manifest?.encryption ?? []);
  switch (key.kind) {
    case 'passphrase':
      // Another passphrase's sets are listed without a manifest: they cannot be found genuine.
      if (made.some((encryption) => encryption.key === 'passphrase')) return undefined;
      return 'this is the first set with this passphrase: without BACKUP_ENCRYPTION_KEY nobody can read it, nor any later one. Keep it somewhere else than the database and its backups';
    case 'identity':
      if (made.some((encryption) => encryption.key === 'recipients')) return undefined;
      return 'this is the first set with this age identity: without BACKUP_ENCRYPTION_KEY nobody can read it, nor any later one. Keep it somewhere else than the database and its backups';
    case 'recipient':
      if (made.some(({ recipients }) => key.recipients.some((each) => recipients.includes(each)))) return undefined;
      return `this is the first set for ${key.recipients.join(', ')}: only who has its identity (AGE-SECRET-KEY-1…) can read it, and it is not here. Make sure that somebody has it before you rely on this`;
  }
}
