import { AtrizError } from '@atriz/database';

/** What is to be written, so that its own failure can be told from the store's. */
export interface WatchedSource {
  readonly bytes: AsyncIterable<Uint8Array>;
  /** Why it failed, in an array of one; empty while it has not. */
  readonly failure: readonly unknown[];
  /** How many bytes were taken of it. */
  readonly taken: () => number;
}

/** Watches a source while a store takes it. An abort of `signal` fails it with `INTERRUPTED`, between two chunks. */
export function watchSource(source: AsyncIterable<Uint8Array>, signal: AbortSignal | undefined): WatchedSource {
  const failure: unknown[] = [];
  let bytes = 0;
  const iterator = source[Symbol.asyncIterator]();
  const next = async (): Promise<IteratorResult<Uint8Array>> => {
    try {
      if (signal?.aborted) throw interrupted();
      return await iterator.next();
    } catch (error) {
      failure.push(error);
      throw error;
    }
  };
  // What a store throws into it, when it stops taking, is no failure of the source.
  const watch = async function* (): AsyncGenerator<Uint8Array> {
    try {
      for (let chunk = await next(); !chunk.done; chunk = await next()) {
        bytes += chunk.value.byteLength;
        yield chunk.value;
      }
      if (signal?.aborted) throw interrupted();
    } finally {
      await iterator.return?.();
    }
  };
  return { bytes: watch(), failure, taken: () => bytes };
}

/** What a store's call rejects with when its signal aborted. */
export function interrupted(): AtrizError {
  return new AtrizError('INTERRUPTED', 'interrupted; nothing of the unfinished object was kept', {
    hint: 'run the command again',
  });
}
