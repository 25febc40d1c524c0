import type { Bucket, File } from '@google-cloud/storage';
import { AtrizError } from '@atriz/database';
import { isConnectionFailure } from './connection-failure.ts';
import { downloadFromGcs } from './gcs-download.ts';
import { uploadToGcs } from './gcs-upload.ts';
import { createNames } from './prefix.ts';
import { toRemoteError } from './remote-error.ts';
import type { GcsStoreSettings } from './settings.ts';
import { interrupted } from './source.ts';
import type { Store } from './store.ts';

export interface GcsStoreOptions {
  /** After how long without an answer, or without a byte of a download, a request is given up, in milliseconds. Default 180,000. */
  readonly stallMs?: number;
  /** How often a request is sent before it has failed, with growing pauses between. Default 6. */
  readonly tries?: number;
}

const GOOGLE = 'https://storage.googleapis.com';
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
  const endpoint = settings.endpoint?.replace(/\/+$/, '');
  const names = createNames(prefix);
  let opened: Promise<Bucket> | undefined;
  const open = (): Promise<Bucket> => (opened ??= openBucket(settings, { stallMs, tries }));
  const fail = (operation: string, path: string, error: unknown, status?: number): AtrizError =>
    toGcsError(error, { status, operation, object: `gs://${bucketName}/${names.start(path)}` });
  return {
    name: 'gcs',
    place: `gs://${bucketName}/${prefix ?? ''}`.replace(/\/$/, ''),
    async write(path, source, { signal } = {}) {
      const name = names.name(path);
      if (signal?.aborted) throw interrupted();
      await uploadToGcs((await open()).file(name), source, { signal, fail: (error) => fail('write', path, error) });
    },
    async read(path, { signal } = {}) {
      const url = `${endpoint ?? GOOGLE}/storage/v1/b/${bucketName}/o/${encodeURIComponent(names.name(path))}?alt=media`;
      const bucket = await open();
      return downloadFromGcs(url, {
        headers: async () =>
          new Headers(isGoogle(endpoint) ? await bucket.storage.authClient.getRequestHeaders(url) : {}),
        signal,
        stallMs,
        tries,
        fail: (error, status) => fail('read', path, error, status),
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
  const { IdempotencyStrategy, RETRYABLE_ERR_FN_DEFAULT, Storage } = await import('@google-cloud/storage');
  const storage = new Storage({
    ...(keyFile && { keyFilename: keyFile }),
    ...(endpoint && { apiEndpoint: endpoint }),
    ...(!isGoogle(endpoint) && { projectId: 'atriz' }), // a name that nobody looks up
    timeout: stallMs,
    retryOptions: {
      autoRetry: true,
      maxRetries: tries - 1,
      maxRetryDelay: LONGEST_PAUSE_SECONDS,
      totalTimeout: PATIENCE_SECONDS,
      // An object is written by one writer and once: doing it again changes nothing.
      idempotencyStrategy: IdempotencyStrategy.RetryAlways,
      // A request that took too long is none that the library would send again by itself.
      retryableErrorFn: (error) => RETRYABLE_ERR_FN_DEFAULT(error) || isConnectionFailure(error),
    },
  });
  // Uploads go past the setting of the storage.
  type Request = ReturnType<(typeof storage.interceptors)[number]['request']>;
  storage.interceptors.push({ request: (options) => Object.assign(options, { timeout: stallMs }) as Request });
  return storage.bucket(bucket);
}

/** As the library has it: any other address is asked without credentials. */
function isGoogle(endpoint: string | undefined): boolean {
  return endpoint === undefined || /(?:^|\.)googleapis\.com$/.test(new URL(endpoint).hostname);
}

interface GcsFailure {
  readonly operation: string;
  readonly object: string;
  readonly status: number | undefined;
}

function toGcsError(error: unknown, failure: GcsFailure): AtrizError {
  if (error instanceof AtrizError) return error;
  const { message, code, cause } = error as Error & { readonly code?: string | number };
  return toRemoteError({
    ...failure,
    status: failure.status ?? (typeof code === 'number' ? code : undefined),
    name: typeof code === 'string' ? code : undefined,
    message: cause instanceof Error ? `${message}: ${cause.message}` : message, // fetch says nothing by itself
    variables: 'BACKUP_GCS',
  });
}
