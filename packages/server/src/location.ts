import { createHash, randomBytes } from 'node:crypto';
import { basename, join } from 'node:path';
import { AtrizError } from '@atriz/database';
import { readServerFile, type ServerFile, serverFilePath, STATE_DIRECTORY } from '@atriz/database/workspace';
import { type Cluster, clusterIn, clusterOfData, readDataVersion } from './cluster.ts';
import { isReachable } from './reachable.ts';
import type { ServiceUser } from './service-user.ts';

/**
 * Where root keeps what the account that runs PostgreSQL cannot reach in the checkout. Not under `/var/tmp`,
 * which anybody may write to first and which systemd empties of what nobody touched for a month.
 */
export const RELOCATION_BASE = '/var/lib/atriz';

/** The file that the server's and initdb's output is appended to. */
export function logPath(root: string): string {
  return join(root, STATE_DIRECTORY, 'postgresql.log');
}

export function lockPath(root: string): string {
  return join(root, STATE_DIRECTORY, 'server.lock');
}

/** The directory for the clusters of this root when they cannot lie in it; the name tells people whose they are. */
export function relocatedHome(root: string): string {
  return join(RELOCATION_BASE, `${basename(root)}-${createHash('sha256').update(root).digest('hex').slice(0, 12)}`);
}

/**
 * The cluster that belongs to `root` and has data, running or not; `undefined` before the first start.
 *
 * `server.json` is believed only when it names a place that this root can have: in a copied checkout it names the
 * original's, and two checkouts must never share one server.
 *
 * @throws AtrizError `PERMISSION_DENIED` when another user started the server here.
 */
export async function locateCluster(root: string): Promise<Cluster | undefined> {
  const file = await readServerFileHere(root);
  const local = localCluster(root);
  const recorded = file?.dataDirectory.startsWith(`${relocatedHome(root)}/`)
    ? clusterOfData(file.dataDirectory)
    : local;
  for (const cluster of [recorded, local]) {
    if ((await readDataVersion(cluster)) !== undefined) return cluster;
  }
  return undefined;
}

/**
 * Where a new cluster of `root` goes: in the workspace, or below {@link RELOCATION_BASE} when `user` cannot get
 * there. Relocated ones have a name of their own each: when the checkout was deleted and made again, the data of
 * the deleted one does not come back.
 */
export async function placeCluster(root: string, user: ServiceUser | undefined): Promise<Cluster> {
  if (user === undefined || (await isReachable(join(root, STATE_DIRECTORY), user))) return localCluster(root);
  return clusterIn(join(relocatedHome(root), `postgresql-${randomBytes(4).toString('hex')}`));
}

function localCluster(root: string): Cluster {
  return clusterIn(join(root, STATE_DIRECTORY, 'postgresql'));
}

/** As `readServerFile`, for a file that only its owner may read. */
export async function readServerFileHere(root: string): Promise<ServerFile | undefined> {
  try {
    return await readServerFile(root);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EACCES') throw error;
    throw new AtrizError(
      'PERMISSION_DENIED',
      `${serverFilePath(root)} belongs to another user, who started the embedded server here`,
      {
        hint: 'run as that user, or name a PostgreSQL server in .env',
        cause: error,
      },
    );
  }
}
