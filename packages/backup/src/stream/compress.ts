import { pipeline } from 'node:stream';
import { constants, createZstdCompress, createZstdDecompress } from 'node:zlib';
import type { Compression } from '../settings/settings.ts';

/** Larger pieces than Node's own 16 KiB: fewer turns of the event loop a megabyte. */
const PIECE_BYTES = 128 * 1024;
/** What is handed to another thread at once. A pipe gives 64 KiB at most, and each hand-over costs two switches. */
const HANDED_BYTES = 512 * 1024;

/** Compresses a stream as the settings say. A failure of the source is the stream's; leaving it early ends the source. */
export function compress(source: AsyncIterable<Uint8Array>, compression: Compression): AsyncIterable<Uint8Array> {
  if (compression.method === 'none') return source;
  const params = { [constants.ZSTD_c_compressionLevel]: compression.level, [constants.ZSTD_c_checksumFlag]: 1 };
  return through(gather(source), createZstdCompress({ chunkSize: PIECE_BYTES, params }));
}

/** The reverse of {@link compress}. Fails with zlib's own error for what is not compressed like that, or cut off. */
export function decompress(
  source: AsyncIterable<Uint8Array>,
  method: Compression['method'],
): AsyncIterable<Uint8Array> {
  return method === 'none' ? source : through(source, createZstdDecompress({ chunkSize: PIECE_BYTES }));
}

/**
 * Fills one piece of memory over and over: a transform that was given more than its high-water mark asks for more only when
 * it is done with that. What is allocated outside of V8's heap has to be collected, and a dump is a thousand times this.
 */
async function* gather(source: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  const piece = Buffer.allocUnsafeSlow(HANDED_BYTES);
  let filled = 0;
  for await (const chunk of source) {
    for (let taken = 0; taken < chunk.length;) {
      const part = chunk.subarray(taken, taken + HANDED_BYTES - filled);
      piece.set(part, filled);
      filled += part.length;
      taken += part.length;
      if (filled < HANDED_BYTES) continue;
      yield piece;
      filled = 0;
    }
  }
  if (filled > 0) yield piece.subarray(0, filled);
}

function through(
  source: AsyncIterable<Uint8Array>,
  transform: ReturnType<typeof createZstdCompress>,
): AsyncIterable<Uint8Array> {
  pipeline(source, transform, () => undefined); // the failure is given to who reads the transform
  return transform;
}
