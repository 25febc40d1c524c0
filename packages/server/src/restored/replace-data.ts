import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtemp, realpath, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { AtrizError } from '@atriz/database';
import type { Binaries } from '../binaries.ts';
import { type Cluster, clusterIn, readPassword } from '../cluster.ts';
import { prepareHome } from '../cluster-creation.ts';
import { DEFAULT_TIMEOUT_MS, type EmbeddedServer, HOST, type Progress, SUPERUSER } from '../embedded-server.ts';
import { temporaryDirectory } from '../ephemeral/temporary-directory.ts';
import { withDiskErrors } from '../failure.ts';
import { locateCluster, lockPath, logPath, placeCluster, RELOCATION_BASE, relocatedHome } from '../location.ts';
import { withLock } from '../lock.ts';
import { findPostmaster, stopPostmaster } from '../postmaster.ts';
import { findRunnableBinaries } from '../runnable-binaries.ts';
import { findServiceUser, type ServiceUser } from '../service-user.ts';
import { startCluster } from '../start-server.ts';
import { makeStateDirectory } from '../state-directory.ts';
import { completeConfiguration } from './configuration.ts';
import { makeEmptyCluster } from './empty-cluster.ts';
import { orInterrupted } from './interruption.ts';
import { type Fill, runRecovery } from './recovery.ts';
import { keptName, swapClusters, undoSwap } from './swap.ts';

export interface ReplaceOptions {
  /** The major version of PostgreSQL that the new data is of. */
  readonly major: string;
  /** The bootstrap superuser of the new data. */
  readonly superuser: string;
  readonly fill: Fill;
  /**
   * Looks at the recovered data, which a server of its own serves for as long as this takes, and throws to keep it from
   * being moved in. Its changes would be moved in too.
   */
  readonly check?: ((server: RecoveredServer) => Promise<void>) | undefined;
  /** The clock, in milliseconds since 1970. Default `Date.now`. */
  readonly now?: (() => number) | undefined;
  readonly onProgress?: Progress | undefined;
  /** Of each start, stop and recovery. Default 60,000. */
  readonly timeoutMs?: number | undefined;
  /** Ends the recovery; what comes after it is done to its end. */
  readonly signal?: AbortSignal | undefined;
}

/** How to connect to data that was just recovered. */
export type RecoveredServer = Pick<EmbeddedServer, 'host' | 'port' | 'user' | 'password'>;

export interface Replaced {
  readonly server: EmbeddedServer;
  /** The directory that the data before is kept in; `undefined` where there was none. */
  readonly kept: string | undefined;
}

/**
 * Puts a base backup in the place of the embedded server's data, or makes it the data of a workspace that has none.
 *
 * The new data is filled and recovered beside the old, which is served meanwhile; only then is the server stopped, the
 * old data renamed and kept, and the server started on the new. A failure before changes nothing, one after brings the
 * old data and its server back; so does the next start when this process dies between the renames. The password stays.
 *
 * @throws AtrizError `BACKUP_VERSION` where the embedded PostgreSQL is of another major version, `EMBEDDED_FAILED`,
 * `DISK_FULL`, `LOCK_TIMEOUT`, `PERMISSION_DENIED`, `INTERRUPTED`, and what `fill` and `check` throw.
 */
export async function replaceData(root: string, options: ReplaceOptions): Promise<Replaced> {
  const { now = Date.now, timeoutMs = DEFAULT_TIMEOUT_MS, onProgress } = options;
  const workspace = await realpath(root);
  await makeStateDirectory(workspace);
  return withLock(lockPath(workspace), { waitMs: timeoutMs }, async () => {
    await undoSwap(workspace);
    const old = await locateCluster(workspace);
    const user = await findServiceUser(old?.dataDirectory);
    const binaries = await findRunnableBinaries(user, onProgress);
    if (binaries.majorVersion !== options.major) throw otherMajor(options.major, binaries);
    const place = old ?? (await placeCluster(workspace, user));
    const home = relocatedHome(workspace);
    if (old === undefined && dirname(place.directory) === home) await prepareHome(RELOCATION_BASE, home);
    const staging = clusterIn(`${place.directory}-${randomUUID().slice(0, 8)}.new`);
    try {
      const password = old ? await readPassword(old) : randomBytes(24).toString('base64url');
      await prepare(staging, { ...options, timeoutMs, user, binaries, password, log: logPath(workspace) });
      return await moveIn(staging, { root: workspace, old, place, now: now(), onProgress, timeoutMs });
    } catch (error) {
      await rm(staging.directory, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
      throw orInterrupted(error, options.signal);
    }
  });
}

interface Preparation extends Pick<ReplaceOptions, 'superuser' | 'fill' | 'check' | 'onProgress' | 'signal'> {
  readonly user: ServiceUser | undefined;
  readonly binaries: Binaries;
  readonly password: string;
  readonly log: string;
  readonly timeoutMs: number;
}

/** Recovers the data where it lies and shuts it down in order: what is moved in needs nothing but a start. */
async function prepare(staging: Cluster, options: Preparation): Promise<void> {
  const { user, binaries, password, superuser, fill, check, log, onProgress, timeoutMs: waitMs, signal } = options;
  const { dataDirectory } = staging;
  await makeEmptyCluster(staging, { user, password });
  const settings = await fill({ dataDirectory, owner: user });
  const socketDirectory = await mkdtemp(join(await temporaryDirectory(user), 'atriz-'));
  try {
    onProgress?.('recovering the restored data');
    const recovery = { binaries, user, superuser, role: SUPERUSER, settings, socketDirectory, log, waitMs, signal };
    const { port } = await runRecovery(staging, recovery);
    await check?.({ host: HOST, port, user: SUPERUSER, password });
    await withDiskErrors(dataDirectory, () => completeConfiguration(staging, user));
  } finally {
    const postmaster = await findPostmaster(dataDirectory);
    if (postmaster !== undefined) await stopPostmaster(postmaster, { dataDirectory, waitMs });
    await rm(socketDirectory, { recursive: true, force: true });
  }
}

interface MoveIn {
  readonly root: string;
  readonly old: Cluster | undefined;
  readonly place: Cluster;
  readonly now: number;
  readonly onProgress: Progress | undefined;
  readonly timeoutMs: number;
}

async function moveIn(staging: Cluster, { root, old, place, now, onProgress, timeoutMs }: MoveIn): Promise<Replaced> {
  const start = { root, port: undefined, onProgress, timeoutMs };
  if (old === undefined) {
    await rm(place.directory, { recursive: true, force: true }); // it has no data, or it would have been found
    await rename(staging.directory, place.directory);
    return { server: await startCluster(start, place), kept: undefined };
  }
  const running = await findPostmaster(old.dataDirectory);
  const { dataDirectory } = old;
  if (running !== undefined) await stopPostmaster(running, { dataDirectory, waitMs: timeoutMs });
  const kept = await keptName(old, now);
  try {
    await swapClusters(root, { old, fresh: staging, kept });
    return { server: await startCluster(start, place), kept };
  } catch (error) {
    const failed = await findPostmaster(dataDirectory);
    if (failed !== undefined) await stopPostmaster(failed, { dataDirectory, waitMs: timeoutMs });
    await swapBack(staging, { old, kept });
    // The first error is the one to tell; the old data is in its place for the next start all the same.
    if (running !== undefined) await startCluster(start, old).catch(() => undefined);
    throw error;
  } finally {
    await undoSwap(root);
  }
}

/** Undoes as much of a swap as was done; the new data goes back to where it is removed from. */
async function swapBack(staging: Cluster, { old, kept }: { old: Cluster; kept: string }): Promise<void> {
  if ((await stat(kept, { throwIfNoEntry: false })) === undefined) return;
  if ((await stat(old.directory, { throwIfNoEntry: false })) !== undefined) {
    await rename(old.directory, staging.directory);
  }
  await rename(kept, old.directory);
}

function otherMajor(major: string, { majorVersion }: Binaries): AtrizError {
  return new AtrizError(
    'BACKUP_VERSION',
    `the data is of PostgreSQL ${major}, and the embedded server is PostgreSQL ${majorVersion}`,
    { hint: `restore it into a directory, and run PostgreSQL ${major} on that` },
  );
}
