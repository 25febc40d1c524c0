import { rm } from 'node:fs/promises';
import { signal, waitForEnd, servesDirectory } from '../postmaster-process.ts';

export interface EphemeralRemains {
  readonly directory: string;
  readonly dataDirectory: string;
  /** The initdb or the postmaster that was last at work there. */
  readonly pid: number | undefined;
}

/**
 * Ends what works on the data and removes the directory. An immediate shutdown, as nothing of it is kept.
 * Needs nothing but Node, because the guard runs it.
 */
export async function removeEphemeral({ directory, dataDirectory, pid }: EphemeralRemains): Promise<void> {
  if (pid !== undefined && (await servesDirectory(pid, dataDirectory))) {
    signal(pid, 'SIGQUIT');
    if (!(await waitForEnd(pid, { dataDirectory, waitMs: 5_000 }))) signal(pid, 'SIGKILL');
  }
  // Sessions may take a moment longer than their postmaster, and write until then.
  await rm(directory, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
}
