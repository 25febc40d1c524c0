import { AtrizError } from '@atriz/database';
import type { BackupKeys } from '../keys/keys.ts';
import { MANIFEST_FILE, type Manifest } from '../manifest/manifest.ts';
import { parseManifest, type ParsedManifest } from '../manifest/parse.ts';
import { signDocument } from '../manifest/signed-document.ts';
import type { Store, StoreOptions } from '../stores/store.ts';
import { writeToEach } from './write-object.ts';
import type { StoreFailure } from '../stream/tee.ts';
import { readObject } from './read-object.ts';

/** Of a family with some hundred thousand tables. */
const MAX_MANIFEST_BYTES = 256 * 1024 * 1024;

export interface WrittenManifest {
  readonly sha256: string;
  /** The stores that do not have it. */
  readonly failures: readonly StoreFailure[];
}

/**
 * Writes the last file of a set, which makes it one. It is read as a restore would read it before: a manifest that would be
 * refused is never written. Rejects with the first store's failure when all of them failed.
 */
export async function writeManifest(
  stores: readonly Store[],
  manifest: Manifest,
  { signer, signal }: Pick<BackupKeys, 'signer'> & StoreOptions,
): Promise<WrittenManifest> {
  const { text, sha256 } = await signDocument('manifest', manifest, signer);
  const path = manifestPath(manifest.id);
  const content = Buffer.from(text);
  parseManifest(content, { id: manifest.id, name: path, signer, acceptUnsigned: false });
  return { sha256, failures: await writeToEach(stores, path, { content, signal }) };
}

export interface ReadManifestOptions extends StoreOptions {
  readonly acceptUnsigned?: boolean | undefined;
}

/**
 * Reads the manifest of a set; throws what `parseManifest` does, and `BACKUP_UNKNOWN` when there is none: no such set, or
 * one that was never finished.
 */
export async function readManifest(
  store: Store,
  id: string,
  { signer, acceptUnsigned = false, signal }: Pick<BackupKeys, 'signer'> & ReadManifestOptions,
): Promise<ParsedManifest> {
  const path = manifestPath(id);
  const content = await readObject(store, path, { maxBytes: MAX_MANIFEST_BYTES, signal }).catch((error: unknown) => {
    if (!(error instanceof AtrizError) || error.code !== 'BACKUP_FILE_MISSING') throw error;
    throw new AtrizError('BACKUP_UNKNOWN', `${store.place} has no finished set ${id}`, {
      hint: '`atriz backup list` shows those that it has',
      cause: error,
    });
  });
  return parseManifest(content, { id, name: `${path} in ${store.place}`, signer, acceptUnsigned });
}

function manifestPath(id: string): string {
  return `${id}/${MANIFEST_FILE}`;
}
