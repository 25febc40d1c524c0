import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Memory on Linux: what is written there reaches no disk, unless the machine swaps. */
const MEMORY = '/dev/shm';

/** A file that only the caller's programs can read. Disposing of it removes it. */
export interface PrivateFile extends AsyncDisposable {
  /** For a child's `stdio`. */
  readonly descriptor: number;
  /** What the child calls it, when it is the child's descriptor of that number. */
  pathAs(descriptor: number): string;
}

/** Whether such a file is in memory. */
export const HAS_MEMORY_FILES = process.platform === 'linux' && existsSync(MEMORY);

/**
 * Writes a file for a program that takes no secret, or no archive, in another way than by a file's name.
 *
 * On Linux it has no name by the time that this resolves: the program opens it through the descriptor that it is given,
 * so that nobody else can, and nothing is left when the process is killed. Elsewhere it is a file of mode 0600 until it
 * is disposed of.
 */
export async function createPrivateFile(content: string | Uint8Array): Promise<PrivateFile> {
  const path = join(HAS_MEMORY_FILES ? MEMORY : tmpdir(), `atriz-${randomBytes(12).toString('hex')}`);
  const unnamed = process.platform === 'linux';
  const remove = (): Promise<void> => rm(path, { force: true });
  const handle = await open(path, 'wx+', 0o600);
  try {
    if (unnamed) await remove();
    await handle.writeFile(content);
  } catch (error) {
    await handle.close();
    await remove();
    throw error;
  }
  return {
    descriptor: handle.fd,
    pathAs: (descriptor) => (unnamed ? `/proc/self/fd/${descriptor}` : path),
    async [Symbol.asyncDispose]() {
      await handle.close();
      if (!unnamed) await remove();
    },
  };
}
