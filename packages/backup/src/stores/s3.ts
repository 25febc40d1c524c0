import type { Readable } from 'node:stream';
import type { _Object, S3Client } from '@aws-sdk/client-s3';
import { AtrizError } from '@atriz/database';
import { startDownload } from './download.ts';
import { createNames } from './prefix.ts';
import { toRemoteError } from './remote-error.ts';
import { uploadToS3 } from './s3-upload.ts';
import type { S3StoreSettings } from './settings.ts';
import { interrupted } from './source.ts';
import type { Store } from './store.ts';

export interface S3StoreOptions {
  /** After how long without a byte a connection is given up, in milliseconds. Default 60,000. */
  readonly stallMs?: number;
  /** How often a request is sent before it has failed, with growing pauses between. Default 6. */
  readonly tries?: number;
}

const CONNECT_TIMEOUT_MS = 10_000;

/**
 * A store in a bucket of S3, or of what speaks its protocol. Objects go up in parts, a few of them in memory at a time,
 * each with a checksum that the service verifies. The SDK is loaded at the first call.
 */
export function createS3Store(settings: S3StoreSettings, { stallMs = 60_000, tries = 6 }: S3StoreOptions = {}): Store {
  const { bucket, prefix } = settings;
  const names = createNames(prefix);
  let opened: Promise<S3Client> | undefined;
  const open = (): Promise<S3Client> => (opened ??= createClient(settings, { stallMs, tries }));
  const fail = (operation: string, path: string, error: unknown): AtrizError =>
    toS3Error(error, { operation, object: `s3://${bucket}/${names.start(path)}` });
  return {
    name: 's3',
    place: `s3://${bucket}/${prefix ?? ''}`.replace(/\/$/, ''),
    async write(path, source, { signal } = {}) {
      const target = { Bucket: bucket, Key: names.name(path) };
      if (signal?.aborted) throw interrupted();
      await uploadToS3(await open(), source, {
        target,
        partBytes: settings.partBytes,
        signal,
        fail: (error, left) => toS3Error(error, { operation: 'write', object: `s3://${bucket}/${target.Key}`, left }),
      });
    },
    async read(path, { signal } = {}) {
      const target = { Bucket: bucket, Key: names.name(path) };
      const [client, { GetObjectCommand }] = await Promise.all([open(), import('@aws-sdk/client-s3')]);
      let version: string | undefined;
      return startDownload({
        signal,
        stallMs,
        fail: (error) => fail('read', path, error),
        open: async (offset, abortSignal) => {
          const range = { ...(offset > 0 && { Range: `bytes=${offset}-` }), ...(version && { IfMatch: version }) };
          try {
            const got = await client.send(new GetObjectCommand({ ...target, ...range }), { abortSignal });
            version ??= got.ETag;
            return { stream: got.Body as Readable, bytes: got.ContentLength };
          } catch (error) {
            throw fail('read', path, error);
          }
        },
      });
    },
    async *list(start, { signal } = {}) {
      const [client, { ListObjectsV2Command }] = await Promise.all([open(), import('@aws-sdk/client-s3')]);
      const request = { Bucket: bucket, Prefix: names.start(start) };
      for (let next: string | undefined, more = true; more; more = next !== undefined) {
        if (signal?.aborted) throw interrupted();
        let found: readonly _Object[];
        try {
          const page = new ListObjectsV2Command({ ...request, ...(next && { ContinuationToken: next }) });
          const answer = await client.send(page, { ...(signal && { abortSignal: signal }) });
          found = answer.Contents ?? [];
          next = answer.IsTruncated ? answer.NextContinuationToken : undefined;
        } catch (error) {
          throw signal?.aborted ? interrupted() : fail('list', start, error);
        }
        for (const { Key = '', Size = 0, LastModified = new Date(0) } of found) {
          const path = names.path(Key);
          if (path) yield { path, bytes: Size, modifiedAt: LastModified };
        }
      }
    },
    async remove(path, { signal } = {}) {
      const target = { Bucket: bucket, Key: names.name(path) };
      const [client, { DeleteObjectCommand }] = await Promise.all([open(), import('@aws-sdk/client-s3')]);
      try {
        await client.send(new DeleteObjectCommand(target), { ...(signal && { abortSignal: signal }) });
      } catch (error) {
        throw signal?.aborted ? interrupted() : fail('remove', path, error);
      }
    },
  };
}

async function createClient(
  { region, endpoint, accessKeyId, secretAccessKey, forcePathStyle }: S3StoreSettings,
  { stallMs, tries }: Required<S3StoreOptions>,
): Promise<S3Client> {
  const { S3Client } = await import('@aws-sdk/client-s3');
  const where = region ?? (endpoint && 'us-east-1');
  return new S3Client({
    ...(where && { region: where }),
    ...(endpoint && { endpoint }),
    ...(accessKeyId && secretAccessKey && { credentials: { accessKeyId, secretAccessKey } }),
    forcePathStyle: forcePathStyle ?? endpoint !== undefined,
    maxAttempts: tries,
    retryMode: 'standard',
    // What is read is summed against the manifest; the SDK's own sum of a whole object is none for one sent in parts.
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: { connectionTimeout: CONNECT_TIMEOUT_MS, socketTimeout: stallMs },
  });
}

interface S3Failure {
  readonly operation: string;
  readonly object: string;
  readonly left?: string | undefined;
}

function toS3Error(error: unknown, failure: S3Failure): AtrizError {
  if (error instanceof AtrizError) return error;
  const { name, message, code, $metadata } = error as Error & {
    readonly code?: string;
    readonly $metadata?: { readonly httpStatusCode?: number };
  };
  const status = $metadata?.httpStatusCode;
  return toRemoteError({
    ...failure,
    status,
    name: name === 'Error' ? code : name,
    message: message === name ? '' : message,
    variables: 'BACKUP_S3',
  });
}
