import { pipeline } from 'node:stream/promises';
import type { Bucket, File } from '@google-cloud/storage';
import { AtrizError } from '@atriz/database';
import { startDownload } from './download.ts';
import { createNames } from './prefix.ts';
import { toRemoteError } from './remote-error.ts';
import type { GcsStoreSettings } from './settings.ts';
import { interrupted, watchSource } from './source.ts';
import type { Store } from './store.ts';

export interface GcsStoreOptions {
  /** After how long without an answer, or without a byte of a download, a request is given up, in milliseconds. Default 180,000. */
  readonly stallMs?: number;
  /** How often a request is sent before it has failed, with growing pauses between. Default 6. */
  readonly tries?: number;
}

/** What is sent in one request, and kept for when it has to be sent again. Google takes multiples of 256 KiB. */
const CHUNK_BYTES = 8 * 1024 * 1024;
const LONGEST_PAUSE_SECONDS = 20;
/** The library counts from the beginning of an upload, however much of it went well: a week, for the longest of them. */
const PATIENCE_SECONDS = 7 * 86_400;
const PAGE_SIZE = 1000;

/**
 * A store in a bucket of Google Cloud Storage. Objects go up in resumable uploads, a chunk in memory at a time, and what
 * arrived is compared by size and CRC32C before the write is done. Google's library is loaded at the first call.
 */
export function createGcsStore(
  settings: GcsStoreSettings,
  { stallMs = 180_000, tries = 6 }: GcsStoreOptions = {},
): Store {
  const { bucket: bucketName, prefix } = settings;
  const names = createNames(prefix);
  let opened: Promise<Bucket> | undefined;
  const open = (): Promise<Bucket> => (opened ??= openBucket(settings, { stallMs, tries }));
  const fail = (operation: string, path: string, error: unknown): AtrizError =>
    toGcsError(error, { operation, object: `gs://${bucketName}/${names.start(path)}` });
  return {
    name: 'gcs',
    place: `gs://${bucketName}/${prefix ?? ''}`.replace(/\/$/, ''),
    async write(path, source, { signal } = {}) {
      const name = names.name(path);
      if (signal?.aborted) throw interrupted();
      const file = (await open()).file(name);
      const watched = watchSource(source, signal);
      const upload = file.createWriteStream({ resumable: true, chunkSize: CHUNK_BYTES, validation: 'crc32c' });
      let session: string | undefined;
      upload.on('uri', (uri: string) => (session = uri));
      try {
        await pipeline(watched.bytes, upload, { ...(signal && { signal }) });
        await compareSize(file, watched.taken());
      } catch (error) {
        await discard(session);
        if (signal?.aborted) throw interrupted();
        if (watched.failure.length > 0) throw watched.failure[0];
        throw fail('write', path, error);
      }
    },
    async read(path, { signal } = {}) {
      const name = names.name(path);
      const bucket = await open();
      let found: { readonly size: number; readonly generation: number } | undefined;
      return startDownload({
        signal,
        stallMs,
        fail: (error) => fail('read', path, error),
        open: async (offset) => {
          try {
            if (!found) {
              const [{ size = 0, generation }] = await bucket.file(name).getMetadata();
              found = { size: Number(size), generation: Number(generation) };
            }
          } catch (error) {
            throw fail('read', path, error);
          }
          const { size, generation } = found;
          // A range, from the first byte on too: the library compares none then, which the manifest's sum does.
          const range = { validation: false as const, decompress: false, ...(size > 0 && { start: offset }) };
          const stream = bucket.file(name, { generation }).createReadStream(range);
          return { stream, bytes: size - offset };
        },
      });
    },
    async *list(start, { signal } = {}) {
      const bucket = await open();
      const query = { prefix: names.start(start), autoPaginate: false, maxResults: PAGE_SIZE };
      for (let next: string | undefined, more = true; more; more = next !== undefined) {
        if (signal?.aborted) throw interrupted();
        let files: readonly File[];
        try {
          const [found, rest] = await bucket.getFiles({ ...query, ...(next && { pageToken: next }) });
          files = found;
          next = (rest as { readonly pageToken?: string } | null)?.pageToken;
        } catch (error) {
          throw fail('list', start, error);
        }
        for (const { name, metadata } of files) {
          const path = names.path(name);
          if (path) yield { path, bytes: Number(metadata.size), modifiedAt: new Date(metadata.updated ?? 0) };
        }
      }
    },
    async remove(path, { signal } = {}) {
      const name = names.name(path);
      if (signal?.aborted) throw interrupted();
      try {
        await (await open()).file(name).delete({ ignoreNotFound: true });
      } catch (error) {
        throw fail('remove', path, error);
      }
    },
  };
}

async function openBucket(
  { bucket, keyFile, endpoint }: GcsStoreSettings,
  { stallMs, tries }: Required<GcsStoreOptions>,
): Promise<Bucket> {
  const { IdempotencyStrategy, Storage } = await import('@google-cloud/storage');
  const storage = new Storage({
    ...(keyFile && { keyFilename: keyFile }),
    ...(endpoint && { apiEndpoint: endpoint, projectId: 'atriz' }), // a name that nobody looks up
    timeout: stallMs,
    retryOptions: {
      autoRetry: true,
      maxRetries: tries - 1,
      maxRetryDelay: LONGEST_PAUSE_SECONDS,
      totalTimeout: PATIENCE_SECONDS,
      // An object is written by one writer and once: doing it again changes nothing.
      idempotencyStrategy: IdempotencyStrategy.RetryAlways,
    },
  });
  // Uploads go past the setting of the storage.
  type Request = ReturnType<(typeof storage.interceptors)[number]['request']>;
  storage.interceptors.push({ request: (options) => Object.assign(options, { timeout: stallMs }) as Request });
  return storage.bucket(bucket);
}

/** The library compared the checksum; a service that says none is not believed. */
async function compareSize(file: File, bytes: number): Promise<void> {
  const { size, crc32c } = file.metadata;
  if (Number(size) === bytes && crc32c !== undefined) return;
  await file.delete({ ignoreNotFound: true });
  throw new Error(`it has ${size} bytes there, of ${bytes}, and the CRC32C ${crc32c}`);
}

/** Ends an upload that is not to go on. Its address is a right in itself; it ends by itself after a week. */
async function discard(session: string | undefined): Promise<void> {
  if (session) await fetch(session, { method: 'DELETE', signal: AbortSignal.timeout(5000) }).catch(() => undefined);
}

function toGcsError(error: unknown, failure: { readonly operation: string; readonly object: string }): AtrizError {
  if (error instanceof AtrizError) return error;
  const { message, code } = error as Error & { readonly code?: string | number };
  const status = typeof code === 'number' ? code : undefined;
  return toRemoteError({
    ...failure,
    status,
    name: typeof code === 'string' ? code : undefined,
    message,
    variables: 'BACKUP_GCS',
  });
}
