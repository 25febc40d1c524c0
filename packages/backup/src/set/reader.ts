import type { Readable } from 'node:stream';
import type { Manifest, ManifestFile } from '../manifest/manifest.ts';
import type { Store, StoreOptions } from '../stores/store.ts';

/** A set whose manifest was read and found genuine. */
export interface SetReader {
  readonly manifest: Manifest;
  /** Where it is read from. */
  readonly store: Store;
  /** The SHA-256 of the manifest as it is signed: what a proof is about. */
  readonly manifestSha256: string;
  /**
   * What a file of the set holds, decrypted and decompressed. The stream fails with `BACKUP_CORRUPT` when the file's size,
   * checksum or authentication is not what the manifest says; its end is given after these were checked.
   * Throws `BACKUP_KEY_MISSING`, `BACKUP_KEY_WRONG`, `BACKUP_FILE_MISSING`, `BACKUP_STORE_FAILED`.
   */
  read(file: ManifestFile, options?: StoreOptions): Promise<Readable>;
}
