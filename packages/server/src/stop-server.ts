import { realpath } from 'node:fs/promises';
import { DEFAULT_TIMEOUT_MS } from './embedded-server.ts';
import { locateCluster, lockPath } from './location.ts';
import { withLock } from './lock.ts';
import { findPostmaster, stopPostmaster } from './postmaster.ts';

export interface StopOptions {
  readonly root: string;
  /** How long a fast shutdown may take before an immediate one; default 60,000. */
  readonly timeoutMs?: number;
}

/**
 * Stops the workspace's embedded server, whether or not it answers, and waits until it has ended. Sessions that
 * are open are disconnected; the data stays for the next start.
 *
 * @returns whether there was one to stop
 * @throws AtrizError `EMBEDDED_FAILED` when it does not end, `LOCK_TIMEOUT`, `PERMISSION_DENIED`.
 */
export async function stopServer({ root, timeoutMs = DEFAULT_TIMEOUT_MS }: StopOptions): Promise<boolean> {
  const workspace = await realpath(root);
  if ((await locateCluster(workspace)) === undefined) return false;
  return withLock(lockPath(workspace), { waitMs: timeoutMs }, async () => {
    const cluster = await locateCluster(workspace);
    const postmaster = cluster && (await findPostmaster(cluster.dataDirectory));
    if (cluster === undefined || postmaster === undefined) return false;
    await stopPostmaster(postmaster, { dataDirectory: cluster.dataDirectory, waitMs: timeoutMs });
    return true;
  });
}
