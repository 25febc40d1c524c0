import { realpath } from 'node:fs/promises';
import { dirname, relative } from 'node:path';
import { AtrizError } from '@atriz/database';
import { checkDataVersion, type Cluster, readDataVersion, readPassword } from './cluster.ts';
import { createCluster, prepareHome } from './cluster-creation.ts';
import { DEFAULT_TIMEOUT_MS, type EmbeddedServer, HOST, type Progress, SUPERUSER } from './embedded-server.ts';
import { withDiskErrors } from './failure.ts';
import { describeServer, findServer } from './find-server.ts';
import { waitUntilServing } from './launch.ts';
import {
  locateCluster,
  lockPath,
  logPath,
  placeCluster,
  readServerFileHere,
  RELOCATION_BASE,
  relocatedHome,
} from './location.ts';
import { withLock } from './lock.ts';
import { DEVELOPMENT_SETTINGS } from './initdb.ts';
import { findPostmaster, removeStalePidFile } from './postmaster.ts';
import { undoSwap } from './restored/swap.ts';
import { runCluster, stillSilent } from './run-cluster.ts';
import { findRunnableBinaries } from './runnable-binaries.ts';
import { writeServerFile } from './server-record.ts';
import { findServiceUser } from './service-user.ts';
import { makeStateDirectory } from './state-directory.ts';

export interface StartOptions {
  /** The workspace's root directory. */
  readonly root: string;
  /** The port to listen on; without it the last one if it is free, else one that the system chooses. */
  readonly port?: number | undefined;
  readonly onProgress?: Progress | undefined;
  /** Default 60,000. */
  readonly timeoutMs?: number;
}

/**
 * Finds the workspace's embedded server or starts it, making its data at the first time. Any number of
 * processes may ask at once: one starts it, all get it. It outlives its callers until `stopServer`.
 *
 * @throws AtrizError `PORT_TAKEN`, `ARGUMENT_INVALID` (it runs on another port than the named one), `DISK_FULL`,
 * `EMBEDDED_DATA_VERSION`, `EMBEDDED_UNSUPPORTED`, `EMBEDDED_NO_USER`, `EMBEDDED_FAILED`, `LOCK_TIMEOUT`.
 */
export async function startServer({
  root,
  port,
  onProgress,
  timeoutMs = DEFAULT_TIMEOUT_MS,
}: StartOptions): Promise<EmbeddedServer> {
  const options = { root: await realpath(root), port, onProgress, timeoutMs };
  const running = await findServer(options);
  if (running !== undefined) return checkPort(running, port);
  await makeStateDirectory(options.root);
  return withLock(lockPath(options.root), { waitMs: timeoutMs }, () => startAlone(options));
}

type Started = Required<StartOptions>;

async function startAlone(options: Started): Promise<EmbeddedServer> {
  await undoSwap(options.root);
  const found = await locateCluster(options.root);
  return (found && (await adopt(options, found))) ?? run(options, found);
}

/** Starts the server of a cluster that has data. Call it under the workspace's lock. */
export async function startCluster(options: StartOptions, cluster: Cluster): Promise<EmbeddedServer> {
  const { root, port, onProgress, timeoutMs = DEFAULT_TIMEOUT_MS } = options;
  return run({ root, port, onProgress, timeoutMs }, cluster);
}

/** The cluster's server if one runs: somebody else started it while we waited, or it recovers from a crash. */
async function adopt({ root, port, timeoutMs }: Started, cluster: Cluster): Promise<EmbeddedServer | undefined> {
  const postmaster = await findPostmaster(cluster.dataDirectory);
  if (postmaster === undefined) return undefined;
  const served = await waitUntilServing(cluster, { pid: postmaster.pid, waitMs: timeoutMs });
  const current = await findPostmaster(cluster.dataDirectory);
  if (current === undefined) return undefined;
  if (!served) throw stillSilent(cluster, { pid: current.pid, waitMs: timeoutMs });
  await record(root, { cluster, port: current.port });
  return checkPort(await describeServer(cluster, { postmaster: current, started: false }), port);
}

async function run(
  { root, port, onProgress, timeoutMs }: Started,
  found: Cluster | undefined,
): Promise<EmbeddedServer> {
  const user = await findServiceUser(found?.dataDirectory);
  const binaries = await findRunnableBinaries(user, onProgress);
  const cluster = found ?? (await placeCluster(root, user));
  const log = logPath(root);
  const place = relative(root, cluster.dataDirectory).startsWith('..')
    ? cluster.dataDirectory
    : relative(root, cluster.dataDirectory);
  if (found === undefined) {
    onProgress?.(`initialising PostgreSQL ${binaries.majorVersion} in ${place}`);
    if (dirname(cluster.directory) === relocatedHome(root)) await prepareHome(RELOCATION_BASE, relocatedHome(root));
    await createCluster(cluster, { binaries, user, settings: DEVELOPMENT_SETTINGS, sync: true, log });
  } else {
    checkDataVersion((await readDataVersion(cluster)) ?? '', { cluster, binaries });
    await removeStalePidFile(cluster.dataDirectory);
  }
  onProgress?.(`starting PostgreSQL ${binaries.majorVersion} in ${place}`);
  const previousPort = (await readServerFileHere(root))?.port;
  const postmaster = await runCluster(cluster, {
    binaries,
    user,
    port,
    previousPort,
    log,
    waitMs: timeoutMs,
    // Before the start and not after it: whoever is killed in between leaves a server that can be found.
    onPort: (chosen) => record(root, { cluster, port: chosen }),
  });
  return describeServer(cluster, { postmaster, started: true });
}

async function record(root: string, { cluster, port }: { cluster: Cluster; port: number }): Promise<void> {
  const { dataDirectory } = cluster;
  const password = await readPassword(cluster);
  await withDiskErrors(root, () =>
    writeServerFile(root, { host: HOST, port, user: SUPERUSER, password, dataDirectory }),
  );
}

function checkPort(server: EmbeddedServer, named: number | undefined): EmbeddedServer {
  if (named === undefined || named === server.port) return server;
  throw new AtrizError('ARGUMENT_INVALID', `the embedded server runs on port ${server.port} already, not on ${named}`, {
    hint: 'stop it first, or name no port',
  });
}
