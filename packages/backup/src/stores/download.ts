import { Readable } from 'node:stream';
import { setTimeout as wait } from 'node:timers/promises';
import type { AtrizError } from '@atriz/database';
import { interrupted } from './source.ts';

const WAIT_MS = 200;

/** An object's bytes from somewhere on. */
export interface Body {
  readonly stream: Readable;
  /** How many are to come; undefined where the store does not say. */
  readonly bytes: number | undefined;
}

export interface DownloadOptions {
  /** Asks for the bytes from `offset` on. Its rejections are final: it has its own retries. */
  readonly open: (offset: number, signal: AbortSignal) => Promise<Body>;
  /** Makes the store's error of what broke a body. */
  readonly fail: (error: unknown) => AtrizError;
  readonly signal: AbortSignal | undefined;
  /** After how long without a byte, while one is waited for, the body is given up and asked for again. Default: never. */
  readonly stallMs?: number | undefined;
  /** How many requests in a row may bring nothing more. Default 5; 1 is to never ask again. */
  readonly tries?: number | undefined;
}

/**
 * Begins a download, and goes on with it where a connection was cut, ended early or stood still. Rejects when the first
 * request does. The stream fails with the store's error when `tries` requests in a row brought nothing more.
 */
export async function startDownload({ open, fail, signal, stallMs, tries = 5 }: DownloadOptions): Promise<Readable> {
  const leaving = new AbortController();
  const ending = signal ? AbortSignal.any([signal, leaving.signal]) : leaving.signal;
  if (ending.aborted) throw interrupted();
  const openAt = async (offset: number): Promise<Body> => {
    try {
      return await open(offset, ending);
    } catch (error) {
      throw signal?.aborted ? interrupted() : error;
    }
  };
  const first = await openAt(0);
  const chunks = async function* (): AsyncGenerator<Uint8Array> {
    let offset = 0;
    for (let body = first, idle = 0; ; body = await openAt(offset)) {
      const from = offset;
      try {
        for await (const chunk of withoutStall(body.stream, { stallMs, signal: ending })) {
          offset += chunk.byteLength;
          yield chunk;
        }
        if (body.bytes === undefined || offset - from === body.bytes) return;
        throw new Error(`ended after ${offset - from} of ${body.bytes} bytes`);
      } catch (error) {
        if (ending.aborted) throw interrupted();
        idle = offset > from ? 0 : idle + 1;
        if (idle === tries || tries === 1) throw fail(error);
      } finally {
        body.stream.destroy();
      }
      await wait(WAIT_MS * 2 ** idle);
    }
  };
  const stream = Readable.from(chunks(), { objectMode: false });
  return stream.once('close', () => leaving.abort());
}

async function* withoutStall(
  stream: Readable,
  { stallMs, signal }: { readonly stallMs: number | undefined; readonly signal: AbortSignal },
): AsyncGenerator<Uint8Array> {
  const stop = (): void => void stream.destroy(new Error('interrupted'));
  signal.addEventListener('abort', stop, { once: true });
  const chunks = stream[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>;
  try {
    if (signal.aborted) stop();
    for (;;) {
      const { done, value } = await inTime(chunks.next(), stream, stallMs);
      if (done) return;
      yield value;
    }
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

async function inTime<Result>(next: Promise<Result>, stream: Readable, stallMs: number | undefined): Promise<Result> {
  if (stallMs === undefined) return next;
  const timer = setTimeout(() => stream.destroy(new Error(`no byte for ${stallMs} ms`)), stallMs);
  try {
    return await next;
  } finally {
    clearTimeout(timer);
  }
}
