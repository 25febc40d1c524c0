import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { clusterIn } from '../cluster.ts';
import { DEFAULT_TIMEOUT_MS, type Progress } from '../embedded-server.ts';
import { startGuard } from '../ephemeral/guard.ts';
import type { EphemeralServer } from '../ephemeral/server.ts';
import { temporaryDirectory } from '../ephemeral/temporary-directory.ts';
import { describeServer } from '../find-server.ts';
import { findInstalledBinaries } from '../installed-binaries.ts';
import { findServiceUser } from '../service-user.ts';
import { makeEmptyCluster } from './empty-cluster.ts';
import { orInterrupted } from './interruption.ts';
import { type Fill, runRecovery } from './recovery.ts';

export interface RestoredOptions {
  /** The major version of PostgreSQL that the data is of. */
  readonly major: string;
  /** The bootstrap superuser of the data; it gets a password of this server's own. */
  readonly superuser: string;
  readonly fill: Fill;
  /** A directory of PostgreSQL's programs to look in first. */
  readonly programs?: string | undefined;
  readonly onProgress?: Progress | undefined;
  /** How long the recovery may take. Default 60,000. */
  readonly timeoutMs?: number;
  /** Ends the recovery. */
  readonly signal?: AbortSignal | undefined;
}

/** Nothing of it is to survive anything. */
const SETTINGS = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' };

/**
 * Runs a base backup in a temporary directory, on a free port of loopback: recovered, with a password of its own, and
 * gone without a trace when it is stopped or when the calling process ends, even by `kill -9`, while it is still being
 * filled as well.
 *
 * @throws AtrizError `BACKUP_VERSION` before anything is filled when that PostgreSQL is not here; `EMBEDDED_FAILED`
 * where the data cannot be recovered; `DISK_FULL`, `INTERRUPTED`, and what `fill` throws.
 */
export async function startRestored({
  major,
  superuser,
  fill,
  programs,
  onProgress,
  timeoutMs = DEFAULT_TIMEOUT_MS,
  signal,
}: RestoredOptions): Promise<EphemeralServer> {
  const user = await findServiceUser();
  const binaries = await findInstalledBinaries(major, { programs, user, onProgress });
  // A short name: the socket in there has to fit into the 103 bytes that some systems have for it.
  const name = `atriz-restored-${randomBytes(4).toString('hex')}`;
  const cluster = clusterIn(join(await temporaryDirectory(user), name));
  const guard = startGuard(cluster.directory, cluster.dataDirectory);
  try {
    await makeEmptyCluster(cluster, { user, password: randomBytes(24).toString('base64url') });
    const settings = await fill({ dataDirectory: cluster.dataDirectory, owner: user });
    onProgress?.(`recovering PostgreSQL ${major} in ${cluster.directory}`);
    const postmaster = await runRecovery(cluster, {
      binaries,
      user,
      superuser,
      role: superuser,
      settings: { ...SETTINGS, ...settings },
      socketDirectory: join(cluster.directory, 's'),
      log: join(cluster.directory, 'postgresql.log'),
      waitMs: timeoutMs,
      onProcess: (pid) => guard.watch(pid),
      signal,
    });
    const server = await describeServer(cluster, { postmaster, started: true });
    const stop = () => guard.finish();
    return { ...server, user: superuser, stop, [Symbol.asyncDispose]: stop };
  } catch (error) {
    await guard.finish();
    throw orInterrupted(error, signal);
  }
}
