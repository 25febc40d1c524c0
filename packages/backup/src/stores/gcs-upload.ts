import { AtrizError } from '@atriz/database';
import { createCrc32c } from './crc32c.ts';
import { pause, type GcsApi } from './gcs-api.ts';
import { interrupted, watchSource } from './source.ts';

/** What is sent in one request, and kept for when it has to be sent again. Google takes multiples of 256 KiB. */
const CHUNK_BYTES = 8 * 1024 * 1024;
/** How often a chunk is begun again where the last time brought the service not a byte more. */
const TRIES_WITHOUT_PROGRESS = 6;
/** How long to wait for the end of an upload that is given up. */
const DISCARD_MS = 5000;

export interface GcsUploadOptions {
  /** What the object is called in the bucket. */
  readonly name: string;
  /** What it is called in the store, for messages. */
  readonly path: string;
  readonly signal: AbortSignal | undefined;
}

interface Upload extends GcsUploadOptions {
  readonly api: GcsApi;
}

/** What the service says of an object that it has. */
interface Kept {
  readonly size?: string;
  readonly crc32c?: string;
}

/**
 * Writes one object: in a single request when it is small, else in a resumable upload, a chunk at a time. Its size and
 * CRC32C are compared with what the service says that it has; a failure leaves nothing of it.
 */
export async function uploadToGcs(
  api: GcsApi,
  source: AsyncIterable<Uint8Array>,
  options: GcsUploadOptions,
): Promise<void> {
  const { signal, path } = options;
  const upload: Upload = { ...options, api };
  const sum = createCrc32c();
  const watched = watchSource(source, signal);
  let session: string | undefined;
  try {
    let offset = 0;
    let kept: Kept | undefined;
    for await (const { bytes, isLast } of inChunks(watched.bytes)) {
      sum.update(bytes);
      if (isLast && offset === 0) kept = await sendWhole(upload, bytes);
      else kept = await sendChunk(upload, (session ??= await begin(upload)), { bytes, offset, isLast });
      offset += bytes.byteLength;
    }
    session = undefined; // it ended by itself
    await compare(upload, kept, { bytes: offset, crc32c: sum.toString() });
  } catch (error) {
    if (session) await discard(session);
    if (signal?.aborted) throw interrupted();
    if (watched.failure.length > 0) throw watched.failure[0];
    throw api.fail({ operation: 'write', path }, error);
  }
}

interface Chunk {
  readonly bytes: Buffer<ArrayBuffer>;
  /** Nothing comes behind it. */
  readonly isLast: boolean;
}

/** All but the last are of one size; which is the last is known before it is sent. An empty source is one empty chunk. */
async function* inChunks(source: AsyncIterable<Uint8Array>): AsyncGenerator<Chunk> {
  let filling = Buffer.allocUnsafe(CHUNK_BYTES);
  let filled = 0;
  for await (const piece of source) {
    for (let from = 0; from < piece.byteLength;) {
      if (filled === CHUNK_BYTES) {
        yield { bytes: filling, isLast: false };
        filling = Buffer.allocUnsafe(CHUNK_BYTES);
        filled = 0;
      }
      const part = piece.subarray(from, from + CHUNK_BYTES - filled);
      filling.set(part, filled);
      filled += part.byteLength;
      from += part.byteLength;
    }
  }
  yield { bytes: filling.subarray(0, filled), isLast: true };
}

async function sendWhole({ api, name, path, signal }: Upload, body: Buffer<ArrayBuffer>): Promise<Kept> {
  const url = api.url('', { uploadType: 'media', name }, true);
  return readKept(await api.send(url, { method: 'POST', body, signal, operation: 'write', path }));
}

/** Begins an upload of many requests; gives back its address, which is a right in itself. */
async function begin({ api, name, path, signal }: Upload): Promise<string> {
  const url = api.url('', { uploadType: 'resumable', name }, true);
  const response = await api.send(url, { method: 'POST', signal, operation: 'write', path });
  const session = response.headers.get('location');
  if (session === null) throw new Error('the upload was given no address');
  return session;
}

interface Sending extends Chunk {
  /** Where in the object the chunk begins. */
  readonly offset: number;
}

/**
 * Sends a chunk until the service has all of it. Where an answer was lost, or part of it arrived, the service is asked how
 * far it came. Resolves to the object when it was the last one.
 */
async function sendChunk(upload: Upload, session: string, chunk: Sending): Promise<Kept | undefined> {
  const { api, path, signal } = upload;
  const { bytes, isLast, offset } = chunk;
  const end = offset + bytes.byteLength;
  const total = isLast ? String(end) : '*';
  const request = { method: 'PUT', answers: [308], signal, operation: 'write', path } as const;
  const askHowFar = () => api.send(session, { ...request, headers: { 'content-range': `bytes */${total}` } });
  for (let at = offset, idle = 0; ;) {
    const headers = { 'content-range': `bytes ${at < end ? `${at}-${end - 1}` : '*'}/${total}` };
    const body = bytes.subarray(at - offset);
    let response;
    try {
      response = await api.send(session, { ...request, headers, body, tries: 1 });
    } catch (error) {
      if (signal?.aborted || (idle += 1) >= TRIES_WITHOUT_PROGRESS) throw error;
      await pause(idle, signal);
      response = await askHowFar();
    }
    if (response.status !== 308) return readKept(response);
    const reached = Number(/^bytes=0-(\d+)$/.exec(response.headers.get('range') ?? '')?.[1] ?? -1) + 1;
    if (reached === end && !isLast) return undefined;
    if (reached < offset || reached > end)
      throw new Error(`the upload stands at ${reached} bytes, and ${offset} were sent`);
    if (reached > at) idle = 0;
    else if ((idle += 1) >= TRIES_WITHOUT_PROGRESS) throw new Error(`the upload stands still at ${reached} bytes`);
    at = reached;
  }
}

async function readKept(response: Response): Promise<Kept> {
  return (await response.json()) as Kept;
}

/** What arrived otherwise is removed. A service that says no checksum is not believed. */
async function compare(
  { api, name, path }: Upload,
  kept: Kept | undefined,
  sent: { readonly bytes: number; readonly crc32c: string },
): Promise<void> {
  if (Number(kept?.size) === sent.bytes && kept?.crc32c === sent.crc32c) return;
  const url = api.url(`/${encodeURIComponent(name)}`, {});
  await api.send(url, { method: 'DELETE', answers: [404], operation: 'remove', path });
  throw new AtrizError(
    'BACKUP_STORE_FAILED',
    `${path} has ${kept?.size} bytes and the CRC32C ${kept?.crc32c} where it was written, not ${sent.bytes} and ${sent.crc32c}; it was removed`,
    { hint: 'try again; when it stays so, something between here and the store changes what passes' },
  );
}

/** Ends an upload that is not to go on; it would end by itself after a week. */
async function discard(session: string): Promise<void> {
  try {
    await fetch(session, { method: 'DELETE', signal: AbortSignal.timeout(DISCARD_MS) });
  } catch {
    // the first error wins
  }
}
