import { randomUUID } from 'node:crypto';
import { readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { AtrizError } from '@atriz/database';
import { type Cluster, clusterIn } from './cluster.ts';
import { withDiskErrors } from './failure.ts';
import { type InitialiseOptions, initialiseCluster } from './initdb.ts';
import { ensureOwnDirectory } from './own-directory.ts';
import { findPostmaster, stopPostmaster } from './postmaster.ts';

const STAGING = '.new';

/**
 * Makes the cluster in a directory beside its place and then renames it there, so that what an interrupted
 * initdb leaves never counts as data. Call it under the workspace's lock: it removes such leftovers.
 *
 * @throws AtrizError what {@link initialiseCluster} throws, having removed the half-made directory;
 * `EMBEDDED_FAILED` when something that is no cluster is in its place.
 */
export async function createCluster(cluster: Cluster, options: InitialiseOptions): Promise<void> {
  const parent = dirname(cluster.directory);
  await refuseStrangers(cluster);
  await removeDirectories(parent, await namesEnding(parent, STAGING));
  const staging = clusterIn(join(parent, `${basename(cluster.directory)}-${randomUUID()}${STAGING}`));
  try {
    await initialiseCluster(staging, options);
    await withDiskErrors(cluster.directory, () => rename(staging.directory, cluster.directory));
  } catch (error) {
    await removeDirectories(parent, [basename(staging.directory)]);
    throw error;
  }
}

/**
 * Makes the directory for the clusters of one root outside of it, and ends the servers in there. None of them is
 * in use: this is called when the root has no cluster, so they belong to a checkout that was deleted.
 */
export async function prepareHome(base: string, home: string): Promise<void> {
  await ensureOwnDirectory(base);
  await ensureOwnDirectory(home);
  for (const name of await readdir(home)) {
    const { dataDirectory } = clusterIn(join(home, name));
    const postmaster = await findPostmaster(dataDirectory);
    if (postmaster !== undefined) await stopPostmaster(postmaster, { dataDirectory, waitMs: 10_000 });
  }
}

async function refuseStrangers({ directory, dataDirectory }: Cluster): Promise<void> {
  const contents = await namesEnding(dataDirectory, '');
  if (contents.length > 0) {
    throw new AtrizError(
      'EMBEDDED_FAILED',
      `${dataDirectory} holds ${contents.length} files but no PG_VERSION, so it is no database cluster`,
      {
        hint: `look at what it is, then move ${directory} away; a new one is made at the next start`,
      },
    );
  }
  await rm(directory, { recursive: true, force: true });
}

async function namesEnding(directory: string, ending: string): Promise<readonly string[]> {
  try {
    return (await readdir(directory)).filter((name) => name.endsWith(ending));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

async function removeDirectories(parent: string, names: readonly string[]): Promise<void> {
  for (const name of names) {
    // An initdb whose caller was killed may still be writing into it; it is done within a second or two.
    await rm(join(parent, name), { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
  }
}
