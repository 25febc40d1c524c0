import { Readable } from 'node:stream';
import { AtrizError } from '@atriz/database';
import type { SetCipher } from '../keys/set-cipher.ts';
import type { Manifest, ManifestFile } from '../manifest/manifest.ts';
import type { Store, StoreOptions } from '../stores/store.ts';
import { writeStream } from '../stream/write.ts';
import type { StoreFailure } from '../stream/tee.ts';

const KEY_FILE = 'key.age';

export interface WriteSetKeyOptions extends StoreOptions {
  readonly folder: string;
  readonly cipher: SetCipher | undefined;
}

/** Writes the wrapped key of a set, if it has one, and gives the entry of its manifest. */
export async function writeSetKey(
  stores: readonly Store[],
  { folder, cipher, signal }: WriteSetKeyOptions,
): Promise<{ readonly file: ManifestFile; readonly failures: readonly StoreFailure[] } | undefined> {
  if (cipher?.wrappedKey === undefined) return undefined;
  const source = Readable.from([cipher.wrappedKey], { objectMode: false });
  const { failures, ...written } = await writeStream(source, { stores, folder, path: KEY_FILE, signal });
  return { file: { ...written, kind: 'key', database: null, server: null }, failures };
}

/** The entry of the wrapped key. Throws `BACKUP_CORRUPT` for a manifest without one. */
export function findSetKey({ id, files }: Manifest): ManifestFile {
  const file = files.find(({ kind }) => kind === 'key');
  if (file !== undefined) return file;
  throw new AtrizError('BACKUP_CORRUPT', `${id} is encrypted with a passphrase and names no file with its key`, {
    hint: 'use another set',
  });
}
