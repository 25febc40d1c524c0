import { pipeline } from 'node:stream';
import { constants, createZstdCompress, createZstdDecompress } from 'node:zlib';
import type { Compression } from '../settings/settings.ts';

/** Larger pieces than Node's own 16 KiB: fewer turns of the event loop a megabyte. */
const PIECE_BYTES = 128 * 1024;

/** Compresses a stream as the settings say. A failure of the source is the stream's; leaving it early ends the source. */
export function compress(source: AsyncIterable<Uint8Array>, compression: Compression): AsyncIterable<Uint8Array> {
  if (compression.method === 'none') return source;
  const params = { [constants.ZSTD_c_compressionLevel]: compression.level, [constants.ZSTD_c_checksumFlag]: 1 };
  return through(source, createZstdCompress({ chunkSize: PIECE_BYTES, params }));
}

/** The reverse of {@link compress}. Fails with zlib's own error for what is not compressed like that, or cut off. */
export function decompress(
  source: AsyncIterable<Uint8Array>,
  method: Compression['method'],
): AsyncIterable<Uint8Array> {
  return method === 'none' ? source : through(source, createZstdDecompress({ chunkSize: PIECE_BYTES }));
}

function through(
  source: AsyncIterable<Uint8Array>,
  transform: ReturnType<typeof createZstdCompress>,
): AsyncIterable<Uint8Array> {
  pipeline(source, transform, () => undefined); // the failure is given to who reads the transform
  return transform;
}
