import { Readable } from 'node:stream';
import type { S3Client } from '@aws-sdk/client-s3';
import { AtrizError } from '@atriz/database';
import { createUploadGuard } from './s3-upload-guard.ts';
import { interrupted, watchSource } from './source.ts';

const PART_BYTES = 8 * 1024 * 1024;
/** Two parts more than these are in memory: the one that is being filled, and the next that waits. */
const PARTS_AT_ONCE = 2;
/** Of one object; a limit of S3's own. */
const MOST_PARTS = 10_000;

export interface S3UploadOptions {
  readonly target: { readonly Bucket: string; readonly Key: string };
  /** Default 8 MiB; S3 takes no fewer than 5. */
  readonly partBytes?: number | undefined;
  readonly signal: AbortSignal | undefined;
  /** Makes the store's error; `left` is what could not be removed. */
  readonly fail: (error: unknown, left: string | undefined) => AtrizError;
}

/**
 * Writes one object, in parts where it is larger than one. After a failure its parts were given back to the service, or
 * the error says that they may be left. What is being sent ends at once when the signal aborts.
 */
export async function uploadToS3(
  client: S3Client,
  source: AsyncIterable<Uint8Array>,
  { target, partBytes = PART_BYTES, signal, fail }: S3UploadOptions,
): Promise<void> {
  const { Upload } = await import('@aws-sdk/lib-storage');
  const watched = watchSource(source, signal);
  const guard = await createUploadGuard(client, { target, taken: watched.taken, signal });
  const upload = new Upload({
    client: guard.client,
    params: { ...target, Body: Readable.from(watched.bytes), ChecksumAlgorithm: 'CRC32' },
    partSize: partBytes,
    queueSize: PARTS_AT_ONCE,
  });
  try {
    await upload.done();
  } catch (error) {
    const left = await guard.cleanUp();
    if (signal?.aborted) throw interrupted();
    if (watched.failure.length > 0) throw watched.failure[0];
    if (watched.taken() > partBytes * MOST_PARTS) throw tooLarge(target, partBytes);
    throw fail(guard.failure() ?? error, left);
  }
}

function tooLarge({ Bucket, Key }: S3UploadOptions['target'], partBytes: number): AtrizError {
  const mebibytes = Math.floor(partBytes / 1024 / 1024);
  return new AtrizError(
    'BACKUP_STORE_FAILED',
    `s3://${Bucket}/${Key} needs more than ${MOST_PARTS} parts of ${mebibytes} MiB, and S3 takes no more`,
    {
      hint: `raise BACKUP_S3_PART_MIB, for example to ${mebibytes * 4}; about four parts of each stream are in memory`,
    },
  );
}
