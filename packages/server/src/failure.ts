import { statfs } from 'node:fs/promises';
import { AtrizError } from '@atriz/database';

const SHOWN_LINES = 12;
const LEAST_ROOM_BYTES = 65_536;
const DISK_FULL = '53100';

/** Puts the SQLSTATE on every line of the server's log, so that failures are told apart by code. */
export const LOG_LINE_PREFIX = '%m [%p] %e ';

/** The SQLSTATEs with which PostgreSQL ended, from what it wrote under {@link LOG_LINE_PREFIX}. */
export function fatalStates(output: string): readonly string[] {
  return [...output.matchAll(/\[\d+\] ([0-9A-Z]{5}) (?:FATAL|PANIC): /g)].map((match) => match[1] ?? '');
}

export interface FailureReport {
  readonly program: string;
  /** What the program wrote, on either stream. */
  readonly output: string;
  /** Where it worked, for a disk that is full. */
  readonly directory: string;
  /** Where the output can be read again, if anywhere. */
  readonly log?: string | undefined;
  readonly cause?: unknown;
}

/** Turns the end of `initdb` or `postgres` into `DISK_FULL` or, with the program's last words, `EMBEDDED_FAILED`. */
export async function programFailure({ program, output, directory, log, cause }: FailureReport): Promise<AtrizError> {
  if (ranOutOfSpace(output) || (await hasNoRoom(directory))) return diskFull(directory, cause);
  const lastLines = output.trim().split('\n').slice(-SHOWN_LINES).join('\n');
  const words = lastLines === '' ? 'it wrote nothing' : `its last words:\n${lastLines}`;
  return new AtrizError('EMBEDDED_FAILED', `${program} failed for ${directory}; ${words}`, {
    hint: log === undefined ? undefined : `read the rest in ${log}`,
    cause,
  });
}

/** Runs `work`, and reports a file system with no room left as `DISK_FULL` with the `directory` it was for. */
export async function withDiskErrors<T>(directory: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    throw code === 'ENOSPC' || code === 'EDQUOT' ? diskFull(directory, error) : error;
  }
}

function diskFull(directory: string, cause: unknown): AtrizError {
  return new AtrizError('DISK_FULL', `no space left on the disk for ${directory}`, {
    hint: 'free some space (a new server takes about 50 MB) and try again',
    cause,
  });
}

/** `initdb` itself writes no SQLSTATE, only the C library's words, which stay the same as it runs with LC_ALL=C. */
function ranOutOfSpace(output: string): boolean {
  return fatalStates(output).includes(DISK_FULL) || /No space left on device|Disk quota exceeded/.test(output);
}

/** On a disk that is full to the brim the log cannot be written either, and the program dies without a word. */
async function hasNoRoom(directory: string): Promise<boolean> {
  const { bavail, bsize } = await statfs(directory);
  return bavail * bsize < LEAST_ROOM_BYTES;
}
