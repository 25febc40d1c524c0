import { createHash } from 'node:crypto';
import { addAbortSignal, type Readable } from 'node:stream';
import { AtrizError } from '@atriz/database';
import type { SetCipher } from '../keys/set-cipher.ts';
import type { Compression } from '../settings/settings.ts';
import type { Store } from '../stores/store.ts';
import { compress } from './compress.ts';
import { createTee, type StoreFailure } from './tee.ts';

export interface WriteStreamOptions {
  readonly stores: readonly Store[];
  /** The set's folder, which is not part of the path that is given back. Default: none. */
  readonly folder?: string | undefined;
  /** Without the endings of compression and encryption: `mextrack_db/schema.dump`. */
  readonly path: string;
  /** Default none. */
  readonly compression?: Compression | undefined;
  /** Default: not encrypted. */
  readonly cipher?: SetCipher | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Told of how much was read of the source, now and then. */
  readonly onBytes?: ((plainBytes: number) => void) | undefined;
}

export interface WrittenStream {
  /** With its endings: `mextrack_db/schema.dump.zst.age`. */
  readonly path: string;
  /** Of the file as it is stored. */
  readonly bytes: number;
  readonly sha256: string;
  /** Of the source. */
  readonly plainBytes: number;
  /** The stores that do not have it, and why; nothing of it stays there. */
  readonly failures: readonly StoreFailure[];
}

/**
 * Compresses, encrypts, sums and stores a stream, in all the stores at once and no faster than the slowest one takes it:
 * what waits in memory does not grow with the stream. Nothing is written anywhere else.
 *
 * Rejects with the source's failure, after which no store has anything of it; with the first store's when all of them
 * failed, after which the source was destroyed; with `INTERRUPTED` when the signal aborts.
 */
export async function writeStream(source: Readable, options: WriteStreamOptions): Promise<WrittenStream> {
  const { stores, folder, compression = { method: 'none' }, cipher, signal, onBytes } = options;
  const path = `${options.path}${compression.method === 'zstd' ? '.zst' : ''}${cipher ? '.age' : ''}`;
  if (signal) addAbortSignal(signal, source);
  const plain = count(source, onBytes);
  const compressed = compress(plain.stream, compression);
  const sealed = cipher ? cipher.encrypt(compressed) : compressed;
  const tee = createTee(stores, folder === undefined ? path : `${folder}/${path}`, { signal });
  const hash = createHash('sha256');
  let bytes = 0;
  try {
    for await (const chunk of sealed) {
      hash.update(chunk);
      bytes += chunk.length;
      await tee.write(chunk);
    }
    const failures = await tee.end();
    return { path, bytes, sha256: hash.digest('hex'), plainBytes: plain.bytes(), failures };
  } catch (error) {
    source.destroy();
    await tee.abandon(error as Error);
    if (!signal?.aborted) throw error;
    throw new AtrizError('INTERRUPTED', `interrupted while ${path} was written; nothing of it is kept`, {
      hint: 'run the command again',
      cause: error,
    });
  }
}

function count(
  source: Readable,
  onBytes: WriteStreamOptions['onBytes'],
): { readonly stream: AsyncIterable<Uint8Array>; bytes(): number } {
  let bytes = 0;
  async function* read(): AsyncGenerator<Uint8Array> {
    for await (const chunk of source as AsyncIterable<Uint8Array>) {
      bytes += chunk.length;
      onBytes?.(bytes);
      yield chunk;
    }
  }
  return { stream: read(), bytes: () => bytes };
}
