import type { Readable } from 'node:stream';

/** Something in a store. */
export interface StoredObject {
  /** Within the store, with `/` between its parts: `backup-20261121T121500Z-4f1c2a9b/manifest.json`. */
  readonly path: string;
  readonly bytes: number;
  readonly modifiedAt: Date;
}

export interface StoreOptions {
  /** Ends the call; what was written of an object is removed. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Where sets are kept: named objects that are written once, read, listed and removed. Each kind of store passes the same
 * contract suite.
 *
 * Failures are `BACKUP_STORE_FAILED` with the operation, the object and one hint, after the retries that a store makes by
 * itself; `DISK_FULL` where the store's own space is used up. No secret is in them.
 */
export interface Store {
  /** What a person names it by: `folder`, `s3` or `gcs`. */
  readonly name: 'folder' | 's3' | 'gcs';
  /** Where it is, as messages say it: a directory, `s3://bucket/prefix`. Without secrets. */
  readonly place: string;
  /**
   * Writes an object as a whole: it appears when all of `source` was taken, and is then there after a crash. A failure,
   * of the source too, leaves nothing of it. Takes the source no faster than it can store it.
   */
  write(path: string, source: AsyncIterable<Uint8Array>, options?: StoreOptions): Promise<void>;
  /** Reads an object from its beginning. Rejects with `BACKUP_FILE_MISSING` when there is none. */
  read(path: string, options?: StoreOptions): Promise<Readable>;
  /** The objects whose paths begin with `prefix`, in the order of their paths. */
  list(prefix: string, options?: StoreOptions): AsyncIterable<StoredObject>;
  /** Removes an object; one that is not there is no failure. */
  remove(path: string, options?: StoreOptions): Promise<void>;
}
