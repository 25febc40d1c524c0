import { AtrizError } from '@atriz/database';
import type { BackupKeys } from '../keys/keys.ts';
import { openSetDecipher, type SetDecipher } from '../keys/set-decipher.ts';
import type { Store } from '../stores/store.ts';
import { readStream } from '../stream/read.ts';
import { readManifest, type ReadManifestOptions } from './manifest-file.ts';
import { parseSetId } from './name.ts';
import type { SetReader } from './reader.ts';
import { findSetKey } from './set-key.ts';

/**
 * Opens a set in a store: its manifest is read and found genuine, of this family, and of a known format, before anything
 * else is looked at. Reads no other file of it yet; the key is tried at the first `read` that needs one.
 *
 * `acceptUnsigned` takes a set that was signed with a key that is not at hand, such as the one of a lost workspace; a
 * signature that can be checked and is wrong is refused all the same.
 *
 * Throws `BACKUP_UNKNOWN`, `BACKUP_UNTRUSTED`, `BACKUP_KEY_WRONG`, `BACKUP_KEY_MISSING`, `BACKUP_FOREIGN`,
 * `BACKUP_VERSION`, `BACKUP_CORRUPT`, `BACKUP_STORE_FAILED`.
 */
export async function openSet(
  store: Store,
  id: string,
  { key, signer, ...options }: BackupKeys & ReadManifestOptions,
): Promise<SetReader> {
  if (parseSetId(id) === undefined) {
    throw new AtrizError('BACKUP_UNKNOWN', `"${id}" is not the name of a set`, {
      hint: '`atriz backup list` shows the sets; a name is like backup-20261121T121500Z-4f1c2a9b',
    });
  }
  const { manifest, sha256 } = await readManifest(store, id, { signer, ...options });
  const { encryption, compression } = manifest;
  let opening: Promise<SetDecipher> | undefined;
  const openDecipher = (): Promise<SetDecipher> | undefined =>
    encryption === null
      ? undefined
      : (opening ??= openSetDecipher(key, {
          encryption,
          readWrappedKey: async () => {
            const file = findSetKey(manifest);
            const stream = await readStream(file, { store, folder: id });
            return { content: Buffer.concat(await stream.toArray()), name: `${id}/${file.path} in ${store.place}` };
          },
        }));
  return {
    manifest,
    store,
    manifestSha256: sha256,
    async read(file, { signal } = {}) {
      const known = manifest.files.find(({ path }) => path === file.path);
      if (known === undefined) throw new Error(`${file.path} is no file of ${id}`);
      if (known.kind === 'key') return readStream(known, { store, folder: id, signal });
      return readStream(known, { store, folder: id, compression, decipher: await openDecipher(), signal });
    },
  };
}
