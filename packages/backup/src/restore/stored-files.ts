import { createHash } from 'node:crypto';
import { AtrizError } from '@atriz/database';
import type { Context } from '@atriz/lifecycle';
import type { ManifestFile } from '../manifest/manifest.ts';
import type { SetReader } from '../set/reader.ts';

/**
 * Reads the stored bytes of files of a set, and refuses the set where one is missing, or not as long or not the same as
 * its manifest says; then opens the smallest of them, so that a wrong key is known, too.
 *
 * With it a restore reads a set twice. A program that restores begins with the first bytes, and whether a file is whole
 * is known at its last: only a pass before the restore makes it true that nothing is touched by a set that is broken.
 * What changes between the passes still fails the restore, whose database is dropped then.
 *
 * Throws `BACKUP_FILE_MISSING`, `BACKUP_CORRUPT`, `BACKUP_KEY_MISSING`, `BACKUP_KEY_WRONG`, `BACKUP_STORE_FAILED`, `INTERRUPTED`.
 */
export async function checkStoredFiles(
  reader: SetReader,
  files: readonly ManifestFile[],
  { signal, onProgress }: Pick<Context, 'signal' | 'onProgress'>,
): Promise<void> {
  for (const file of files) {
    onProgress?.(`checking ${file.path}`);
    await checkFile(reader, file, signal);
  }
  const [smallest] = files.filter(({ kind }) => kind !== 'key').toSorted((one, other) => one.bytes - other.bytes);
  if (smallest === undefined) return;
  const stream = await reader.read(smallest, { signal });
  try {
    for await (const _ of stream) break;
  } finally {
    stream.destroy();
  }
}

async function checkFile(
  { manifest, store }: SetReader,
  file: ManifestFile,
  signal: AbortSignal | undefined,
): Promise<void> {
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const chunk of await store.read(`${manifest.id}/${file.path}`, { signal })) {
    signal?.throwIfAborted();
    hash.update(chunk as Buffer);
    bytes += (chunk as Buffer).length;
    if (bytes > file.bytes) break;
  }
  const isSame = bytes === file.bytes && hash.digest('hex') === file.sha256;
  if (isSame) return;
  const difference =
    bytes === file.bytes
      ? 'its bytes are others'
      : `it has ${bytes < file.bytes ? bytes : `more than ${file.bytes}`} bytes of ${file.bytes}`;
  throw new AtrizError(
    'BACKUP_CORRUPT',
    `${file.path} of ${manifest.id} in ${store.place} is not what the manifest says: ${difference}; nothing was restored`,
    { hint: 'use the copy of another store, if there is one (--store), or another set: atriz backup list' },
  );
}
