import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { AtrizError } from '@atriz/database';
import type { SetDecipher } from '../keys/set-decipher.ts';
import type { ManifestFile } from '../manifest/manifest.ts';
import type { Compression } from '../settings/settings.ts';
import type { Store } from '../stores/store.ts';
import { decompress } from './compress.ts';

export interface ReadStreamOptions {
  readonly store: Store;
  /** The set's folder. */
  readonly folder: string;
  /** Default none. */
  readonly compression?: Compression['method'] | undefined;
  /** Default: not encrypted. */
  readonly decipher?: SetDecipher | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Reads a file of a set back to what it was made of. The last bytes are held back until the file's size, checksum and
 * authentication, and the size of what it holds, were found to be what the manifest says: a stream that ends was right.
 *
 * The stream fails with `BACKUP_CORRUPT` where it was not, with `BACKUP_STORE_FAILED` where the store did, and with
 * `INTERRUPTED` when the signal aborts. Destroying it leaves the store alone.
 */
export async function readStream(file: ManifestFile, options: ReadStreamOptions): Promise<Readable> {
  const { store, folder, signal } = options;
  const source = await store.read(`${folder}/${file.path}`, { signal });
  return Readable.from(readChecked(file, source, options), { objectMode: false, highWaterMark: 256 * 1024 });
}

async function* readChecked(
  file: ManifestFile,
  source: Readable,
  { store, folder, compression = 'none', decipher, signal }: ReadStreamOptions,
): AsyncGenerator<Uint8Array> {
  const name = `${folder}/${file.path} in ${store.place}`;
  const refuse = (why: string): AtrizError => corrupt(name, why);
  const stored = checkStored(source, file, refuse);
  const opened = decipher ? decipher.decrypt(stored, name) : stored;
  let plainBytes = 0;
  let held: Uint8Array | undefined;
  try {
    for await (const chunk of decompress(opened, compression)) {
      plainBytes += chunk.length;
      if (plainBytes > file.plainBytes) throw refuse(`it holds more than the ${file.plainBytes} bytes of its manifest`);
      if (held !== undefined) yield held;
      held = chunk;
    }
  } catch (error) {
    if (signal?.aborted) throw interrupted(name, error);
    if (!isOfZlib(error)) throw error;
    throw refuse('it cannot be decompressed');
  } finally {
    source.destroy();
  }
  if (plainBytes < file.plainBytes)
    throw refuse(`it holds ${plainBytes} bytes, not the ${file.plainBytes} of its manifest`);
  if (held !== undefined) yield held;
}

/** The bytes as they are stored; its end comes after their number and their sum were found right. */
async function* checkStored(
  source: Readable,
  { bytes, sha256 }: ManifestFile,
  refuse: (why: string) => Error,
): AsyncGenerator<Uint8Array> {
  const hash = createHash('sha256');
  let taken = 0;
  for await (const chunk of source as AsyncIterable<Uint8Array>) {
    taken += chunk.length;
    if (taken > bytes) throw refuse(`it is longer than the ${bytes} bytes of its manifest`);
    hash.update(chunk);
    yield chunk;
  }
  if (taken < bytes) throw refuse(`it is ${taken} bytes, not the ${bytes} of its manifest`);
  if (hash.digest('hex') !== sha256) throw refuse('its checksum is not the one of its manifest');
}

function corrupt(name: string, why: string): AtrizError {
  return new AtrizError('BACKUP_CORRUPT', `${name}: ${why}`, { hint: "use another store's copy, or another set" });
}

function interrupted(name: string, cause: unknown): AtrizError {
  return new AtrizError('INTERRUPTED', `interrupted while ${name} was read`, { hint: 'run the command again', cause });
}

/** Zlib's own errors carry its name for them, such as `ZSTD_error_prefix_unknown`; a cut stream is `Z_BUF_ERROR`. */
function isOfZlib(error: unknown): boolean {
  return (
    error instanceof Error && 'errno' in error && /^(?:ZSTD_|Z_)/.test(String((error as NodeJS.ErrnoException).code))
  );
}
