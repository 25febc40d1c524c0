import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { AtrizError } from '@atriz/database';
import { servesDirectory, signal, waitForEnd } from './postmaster-process.ts';

/** What PostgreSQL itself says of its server in `postmaster.pid`. */
export interface Postmaster {
  readonly pid: number;
  readonly port: number;
  /** Whether it accepts connections: false while it starts, recovers or shuts down. */
  readonly ready: boolean;
}

/**
 * The postmaster that runs on `dataDirectory`, or `undefined` when none does, whatever `postmaster.pid` was left
 * there. The lines of that file are: pid, data directory, start time, port, socket directory, listen address,
 * shared memory key, status (PostgreSQL's `src/include/utils/pidfile.h`).
 */
export async function findPostmaster(dataDirectory: string): Promise<Postmaster | undefined> {
  const lines = (await readPidFile(dataDirectory)).split('\n');
  const pid = Number(lines[0]);
  if (!Number.isInteger(pid) || pid <= 0 || !(await servesDirectory(pid, dataDirectory))) return undefined;
  return { pid, port: Number(lines[3] ?? 0), ready: lines[7]?.trim() === 'ready' };
}

/**
 * Removes a `postmaster.pid` whose server is gone, which PostgreSQL would not dare to do when another process has
 * its pid by now. Call it under the workspace's lock, after {@link findPostmaster} found none.
 */
export async function removeStalePidFile(dataDirectory: string): Promise<void> {
  await rm(pidFile(dataDirectory), { force: true });
}

/**
 * Ends the postmaster by a fast shutdown (sessions are disconnected, data is written out), and by an immediate one
 * when that takes longer than `waitMs`; the next start then recovers from the write-ahead log.
 *
 * @throws AtrizError `EMBEDDED_FAILED` when it survives both.
 */
export async function stopPostmaster(
  { pid }: Postmaster,
  { dataDirectory, waitMs }: { dataDirectory: string; waitMs: number },
): Promise<void> {
  signal(pid, 'SIGINT');
  if (await waitForEnd(pid, { dataDirectory, waitMs })) return;
  signal(pid, 'SIGQUIT');
  if (await waitForEnd(pid, { dataDirectory, waitMs: 10_000 })) return;
  throw new AtrizError('EMBEDDED_FAILED', `the embedded server of ${dataDirectory} (pid ${pid}) does not stop`, {
    hint: `look at what holds it, then end it: kill -9 ${pid}`,
  });
}

function pidFile(dataDirectory: string): string {
  return join(dataDirectory, 'postmaster.pid');
}

async function readPidFile(dataDirectory: string): Promise<string> {
  try {
    return await readFile(pidFile(dataDirectory), 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
}
