import { AtrizError } from '@atriz/database';
import type { Context } from '@atriz/lifecycle';
import type { ManifestFile } from '../manifest/manifest.ts';
import { mapAtOnce } from '../set/at-once.ts';
import { createByteProgress } from '../set/progress.ts';
import type { SetReader } from '../set/reader.ts';

/** A file of a set that is not what the manifest says, or not there. */
export interface Damage {
  readonly path: string;
  readonly error: AtrizError;
}

export interface CheckFilesOptions {
  readonly context: Context;
  /** How many files at once. */
  readonly jobs: number;
}

/** What is the file's own fault; anything else, such as a key that does not open the set, is that of the whole check. */
const DAMAGES = new Set(['BACKUP_CORRUPT', 'BACKUP_FILE_MISSING']);

/** Where what a part holds begins with something by which it is known: bytes at an offset. */
const SIGNATURES: Readonly<Partial<Record<ManifestFile['kind'], { readonly at: number; readonly bytes: string }>>> = {
  schema: { at: 0, bytes: 'PGDMP' },
  data: { at: 0, bytes: 'PGDMP' },
  base: { at: 257, bytes: 'ustar' },
  wal: { at: 257, bytes: 'ustar' },
};
const HEAD_BYTES = 512;

/**
 * Reads every file of a set to its end: size, SHA-256, decryption, decompression, and whether an archive begins like one.
 * Gives those that are damaged or gone; all others are what was written when the set was made.
 *
 * Throws `BACKUP_KEY_MISSING`, `BACKUP_KEY_WRONG`, `BACKUP_STORE_FAILED`, `INTERRUPTED`.
 */
export async function checkFiles(reader: SetReader, { context, jobs }: CheckFilesOptions): Promise<readonly Damage[]> {
  const { onProgress, now = Date.now, signal } = context;
  const progress = createByteProgress({ onProgress, now });
  const checked = await mapAtOnce(reader.manifest.files, jobs, async (file): Promise<Damage | undefined> => {
    try {
      await checkFile(reader, file, { signal, onBytes: progress.stream() });
      return undefined;
    } catch (error) {
      if (signal?.aborted) throw interrupted(error);
      if (error instanceof AtrizError && DAMAGES.has(error.code)) return { path: file.path, error };
      throw error;
    }
  });
  return checked.filter((damage) => damage !== undefined);
}

async function checkFile(
  reader: SetReader,
  file: ManifestFile,
  { signal, onBytes }: { readonly signal: AbortSignal | undefined; readonly onBytes: (bytes: number) => void },
): Promise<void> {
  let head = Buffer.alloc(0);
  let bytes = 0;
  for await (const chunk of (await reader.read(file, { signal })) as AsyncIterable<Buffer>) {
    if (head.length < HEAD_BYTES) head = Buffer.concat([head, chunk.subarray(0, HEAD_BYTES - head.length)]);
    bytes += chunk.length;
    onBytes(bytes);
  }
  const signature = SIGNATURES[file.kind];
  if (signature === undefined || head.toString('latin1').startsWith(signature.bytes, signature.at)) return;
  throw new AtrizError(
    'BACKUP_CORRUPT',
    `${file.path} of ${reader.manifest.id} is not the archive that it is said to be`,
    {
      hint: 'use another set',
    },
  );
}

function interrupted(cause: unknown): AtrizError {
  return new AtrizError('INTERRUPTED', 'interrupted; nothing was changed', { hint: 'run the command again', cause });
}
