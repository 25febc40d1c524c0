import { realpath, rm } from 'node:fs/promises';
import { type Cluster, clusterIn } from '../cluster.ts';
import { DEFAULT_TIMEOUT_MS, type Progress } from '../embedded-server.ts';
import { locateCluster, lockPath } from '../location.ts';
import { withLock } from '../lock.ts';
import { findPostmaster, stopPostmaster } from '../postmaster.ts';
import { startCluster } from '../start-server.ts';
import type { Replaced } from './replace-data.ts';
import { keptName, listKept, swapClusters, undoSwap } from './swap.ts';

export interface BringBackOptions {
  /** The clock, in milliseconds since 1970. Default `Date.now`. */
  readonly now?: (() => number) | undefined;
  readonly onProgress?: Progress | undefined;
  /** Of each start and stop. Default 60,000. */
  readonly timeoutMs?: number | undefined;
}

/** The directories of the data that `replaceData` kept, the oldest first. Writes nothing. */
export async function listReplaced(root: string): Promise<readonly string[]> {
  const cluster = await locateCluster(await realpath(root));
  return cluster === undefined ? [] : listKept(cluster);
}

/**
 * Removes the data that `replaceData` kept: all of it, or the one directory that `only` names.
 *
 * @returns the directories that were removed
 */
export async function dropReplaced(root: string, only?: string): Promise<readonly string[]> {
  const workspace = await realpath(root);
  return withCluster(workspace, [], async (cluster) => {
    const kept = (await listKept(cluster)).filter((directory) => only === undefined || directory === only);
    for (const directory of kept) await rm(directory, { recursive: true, force: true });
    return kept;
  });
}

/**
 * Undoes the last `replaceData`: the data that it kept is the embedded server's again, with the password that it had, and
 * what was there meanwhile is kept in its place. `undefined` where nothing is kept. A crash between the renames is undone
 * by the next start.
 *
 * @throws AtrizError `EMBEDDED_FAILED`, `DISK_FULL`, `LOCK_TIMEOUT`, `PERMISSION_DENIED`.
 */
export async function bringBackReplaced(
  root: string,
  { now = Date.now, onProgress, timeoutMs = DEFAULT_TIMEOUT_MS }: BringBackOptions = {},
): Promise<Replaced | undefined> {
  const workspace = await realpath(root);
  return withCluster(workspace, undefined, async (cluster) => {
    const newest = (await listKept(cluster)).at(-1);
    if (newest === undefined) return undefined;
    const running = await findPostmaster(cluster.dataDirectory);
    const { dataDirectory } = cluster;
    if (running !== undefined) await stopPostmaster(running, { dataDirectory, waitMs: timeoutMs });
    const kept = await keptName(cluster, now());
    await swapClusters(workspace, { old: cluster, fresh: clusterIn(newest), kept });
    const server = await startCluster({ root: workspace, port: undefined, onProgress, timeoutMs }, cluster);
    return { server, kept };
  });
}

async function withCluster<Result>(
  workspace: string,
  otherwise: Result,
  work: (cluster: Cluster) => Promise<Result>,
): Promise<Result> {
  if ((await locateCluster(workspace)) === undefined) return otherwise;
  return withLock(lockPath(workspace), { waitMs: DEFAULT_TIMEOUT_MS }, async () => {
    await undoSwap(workspace);
    const cluster = await locateCluster(workspace);
    return cluster === undefined ? otherwise : work(cluster);
  });
}
