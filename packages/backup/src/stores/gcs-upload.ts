import { pipeline } from 'node:stream/promises';
import type { File } from '@google-cloud/storage';
import type { AtrizError } from '@atriz/database';
import { interrupted, watchSource } from './source.ts';

/** What is sent in one request, and kept for when it has to be sent again. Google takes multiples of 256 KiB. */
const CHUNK_BYTES = 8 * 1024 * 1024;
/** What is no larger goes up in a single request. */
const SMALL_BYTES = 1024 * 1024;
/** How long to wait for the end of an upload that is given up. */
const DISCARD_MS = 5000;

export interface GcsUploadOptions {
  readonly signal: AbortSignal | undefined;
  readonly fail: (error: unknown) => AtrizError;
}

/** Writes one object, and compares its size and CRC32C with what the service has then. A failure leaves nothing of it. */
export async function uploadToGcs(
  file: File,
  source: AsyncIterable<Uint8Array>,
  { signal, fail }: GcsUploadOptions,
): Promise<void> {
  const watched = watchSource(source, signal);
  let session: string | undefined;
  try {
    const bytes = watched.bytes[Symbol.asyncIterator]();
    const { small, first } = await takeFirst(bytes);
    if (small) {
      await file.save(Buffer.concat(first), { resumable: false, validation: 'crc32c' });
    } else {
      [session] = await file.createResumableUpload();
      const upload = {
        resumable: true,
        uri: session,
        offset: 0,
        chunkSize: CHUNK_BYTES,
        validation: 'crc32c',
      } as const;
      await pipeline(goOn(first, bytes), file.createWriteStream(upload), { ...(signal && { signal }) });
    }
    await compare(file, watched.taken());
  } catch (error) {
    if (session) await discard(session);
    if (signal?.aborted) throw interrupted();
    if (watched.failure.length > 0) throw watched.failure[0];
    throw fail(error);
  }
}

/** The beginning of a source, or all of it when it is small. */
async function takeFirst(
  bytes: AsyncIterator<Uint8Array>,
): Promise<{ readonly small: boolean; readonly first: readonly Uint8Array[] }> {
  const first: Uint8Array[] = [];
  for (let size = 0; size <= SMALL_BYTES;) {
    const { done, value } = await bytes.next();
    if (done) return { small: true, first };
    first.push(value);
    size += value.byteLength;
  }
  return { small: false, first };
}

async function* goOn(first: readonly Uint8Array[], rest: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* first;
    for (let next = await rest.next(); !next.done; next = await rest.next()) yield next.value;
  } finally {
    await rest.return?.();
  }
}

/** The library compared the checksum with the one that the service says; a service that says none is not believed. */
async function compare(file: File, bytes: number): Promise<void> {
  const { size, crc32c } = file.metadata;
  if (Number(size) === bytes && crc32c !== undefined) return;
  await file.delete({ ignoreNotFound: true });
  throw new Error(`it has ${size} bytes there, of ${bytes}, and the CRC32C ${crc32c}`);
}

/** Ends an upload that is not to go on. Its address is a right in itself; it ends by itself after a week. */
async function discard(session: string): Promise<void> {
  try {
    await fetch(session, { method: 'DELETE', signal: AbortSignal.timeout(DISCARD_MS) });
  } catch {
    // the first error wins
  }
}
