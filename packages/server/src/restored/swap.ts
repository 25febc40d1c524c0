import { randomUUID } from 'node:crypto';
import { readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { STATE_DIRECTORY } from '@atriz/database/workspace';
import type { Cluster } from '../cluster.ts';

const KEPT = /-before-\d{8}T\d{6}Z$/;

/** What is written down between the two renames of a swap, for whoever comes after a crash in between. */
interface Swap {
  readonly directory: string;
  readonly kept: string;
}

/**
 * Renames `old` to `kept` and `fresh` to where `old` was. There is no call that does both at once, so a note says what
 * to undo should this process die after the first. Call it under the workspace's lock.
 */
export async function swapClusters(
  root: string,
  { old, fresh, kept }: { readonly old: Cluster; readonly fresh: Cluster; readonly kept: string },
): Promise<void> {
  const { directory } = old;
  const swap: Swap = { directory, kept };
  const staging = `${notePath(root)}.${randomUUID()}`;
  await writeFile(staging, JSON.stringify(swap), { flush: true });
  await rename(staging, notePath(root));
  await rename(directory, kept);
  await rename(fresh.directory, directory);
  await rm(notePath(root));
}

/** Brings back the cluster of a swap that stopped half-way. Call it under the workspace's lock, before looking for one. */
export async function undoSwap(root: string): Promise<void> {
  let text;
  try {
    text = await readFile(notePath(root), 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  const { directory, kept } = JSON.parse(text) as Swap;
  if (!(await exists(directory)) && (await exists(kept))) await rename(kept, directory);
  await rm(notePath(root));
}

/** A name beside the cluster's that nothing has yet, with the moment in UTC: `postgresql-before-20261121T121500Z`. */
export async function keptName({ directory }: Cluster, now: number): Promise<string> {
  for (let at = now; ; at += 1000) {
    const moment = `${new Date(at).toISOString().replaceAll(/[-:]/g, '').slice(0, 15)}Z`;
    const name = `${directory}-before-${moment}`;
    if (!(await exists(name))) return name;
  }
}

/** The directories beside the cluster's in which data that was replaced is kept, the oldest first. */
export async function listKept({ directory }: Cluster): Promise<readonly string[]> {
  const names = await readdir(dirname(directory));
  const start = `${basename(directory)}-before-`;
  return names
    .filter((name) => name.startsWith(start) && KEPT.test(name))
    .toSorted()
    .map((name) => join(dirname(directory), name));
}

function notePath(root: string): string {
  return join(root, STATE_DIRECTORY, 'replacing.json');
}

async function exists(path: string): Promise<boolean> {
  return (await stat(path, { throwIfNoEntry: false })) !== undefined;
}
