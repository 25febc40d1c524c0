import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { type Cluster, clusterIn } from '../cluster.ts';
import { DEFAULT_TIMEOUT_MS, type EmbeddedServer, type Progress } from '../embedded-server.ts';
import { describeServer } from '../find-server.ts';
import { initialiseCluster } from '../initdb.ts';
import { runCluster } from '../run-cluster.ts';
import { findRunnableBinaries } from '../runnable-binaries.ts';
import { findServiceUser, type ServiceUser } from '../service-user.ts';
import { type Guard, startGuard } from './guard.ts';
import { temporaryDirectory } from './temporary-directory.ts';

/** A server for one process: use it with `await using`, or call `stop`. */
export interface EphemeralServer extends EmbeddedServer, AsyncDisposable {
  /** Ends the server and removes its data; calling it again changes nothing. */
  stop(): Promise<void>;
}

export interface EphemeralOptions {
  readonly onProgress?: Progress | undefined;
  /** Default 60,000. */
  readonly timeoutMs?: number;
}

/** Nothing of it is to survive anything, so nothing waits for a disk. Never for data that somebody wants to keep. */
const SETTINGS = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' };

/**
 * Starts a server of the caller's own: empty, in a temporary directory, and gone without a trace when it is
 * stopped or when the calling process ends, even by `kill -9`. It does not keep the process alive.
 *
 * @throws AtrizError `DISK_FULL`, `EMBEDDED_UNSUPPORTED`, `EMBEDDED_NO_USER`, `EMBEDDED_FAILED`.
 */
export async function startEphemeralServer({
  onProgress,
  timeoutMs = DEFAULT_TIMEOUT_MS,
}: EphemeralOptions = {}): Promise<EphemeralServer> {
  const user = await findServiceUser();
  const cluster = clusterIn(join(await temporaryDirectory(user), `atriz-ephemeral-${randomUUID()}`));
  const guard = startGuard(cluster.directory, cluster.dataDirectory);
  try {
    const server = await start(cluster, { user, guard, onProgress, timeoutMs });
    const stop = () => guard.finish();
    return { ...server, stop, [Symbol.asyncDispose]: stop };
  } catch (error) {
    await guard.finish();
    throw error;
  }
}

interface Start extends Required<EphemeralOptions> {
  readonly user: ServiceUser | undefined;
  readonly guard: Guard;
}

async function start(cluster: Cluster, { user, guard, onProgress, timeoutMs }: Start): Promise<EmbeddedServer> {
  const binaries = await findRunnableBinaries(user, onProgress);
  const onProcess = (pid: number) => guard.watch(pid);
  onProgress?.(`initialising an ephemeral PostgreSQL ${binaries.majorVersion} in ${cluster.directory}`);
  await initialiseCluster(cluster, { binaries, user, settings: SETTINGS, sync: false, onProcess });
  const log = join(cluster.directory, 'postgresql.log');
  const postmaster = await runCluster(cluster, { binaries, user, port: undefined, log, waitMs: timeoutMs, onProcess });
  return describeServer(cluster, { postmaster, started: true });
}
