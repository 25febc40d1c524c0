import { lstat, readdir, rm, rmdir, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { AtrizError } from '@atriz/database';
import type { Context } from '@atriz/lifecycle';
import { makeDirectory } from '../setup/configuration-file.ts';
import { runPgbackrest } from '../program.ts';
import type { RecoveryPlan } from './recovery-plan.ts';
import type { RecoveryTarget } from './recovery-target.ts';

export interface DirectoryOptions {
  readonly directory: string;
  readonly context: Context;
  /** Over the server's own files, of which those that are right stay. Default false: into a new directory. */
  readonly inPlace?: boolean | undefined;
  /** One database only, with its size; the others cannot be used then, and take no room. Default: all. */
  readonly only?: { readonly database: string; readonly bytes: number } | undefined;
}

/**
 * Restores the files of a backup into a data directory that will recover to the target when it is started. A new
 * directory archives nothing, so that a copy never writes into the archive of its original; one at the server's own
 * place goes on archiving. On failure a directory that was made is removed.
 *
 * Throws `RESTORE_BLOCKED` (not empty; the server runs), `RESTORE_NO_ROOM`, and what pgBackRest's errors are.
 */
export async function restoreDirectory(
  { stanza, backup, recovery }: RecoveryPlan,
  { directory, context, inPlace = false, only }: DirectoryOptions,
): Promise<void> {
  const isNew = inPlace ? false : await isFree(directory);
  if (!inPlace) await refuseWithoutRoom(directory, only?.bytes ?? backup.bytes);
  const isOwn = directory === stanza.dataDirectory;
  const options = [
    `--pg1-path=${directory}`,
    `--set=${backup.label}`,
    ...targetOptions(recovery),
    `--archive-mode=${isOwn ? 'preserve' : 'off'}`,
    ...(isOwn ? [] : [`--tablespace-map-all=${tablespacesOf(directory)}`]),
    ...(inPlace ? ['--delta'] : []),
    ...(only === undefined ? [] : [`--db-include=${only.database}`]),
  ];
  const made = isOwn ? [directory] : [directory, tablespacesOf(directory)];
  for (const path of made) await makeDirectory(path, { account: stanza.account, mode: 0o700 });
  try {
    await runPgbackrest(stanza, ['restore', ...options], { context });
    if (!isOwn) await removeEmpty(tablespacesOf(directory));
  } catch (error) {
    if (!inPlace) await removeRestored(directory, { itself: isNew });
    throw error;
  }
}

/** Beside a data directory: where the tablespaces of a copy are, which would be the original's otherwise. */
function tablespacesOf(directory: string): string {
  return `${directory}_tablespaces`;
}

/** Most servers have no tablespaces. */
async function removeEmpty(directory: string): Promise<void> {
  if ((await readdir(directory)).length === 0) await rmdir(directory);
}

/** Removes what was restored; of a directory that was there before, its content only. */
export async function removeRestored(directory: string, { itself }: { readonly itself: boolean }): Promise<void> {
  await rm(tablespacesOf(directory), { recursive: true, force: true });
  if (itself) return rm(directory, { recursive: true, force: true });
  const names = await readdir(directory);
  await Promise.all(names.map((name) => rm(`${directory}/${name}`, { recursive: true, force: true })));
}

function targetOptions(recovery: RecoveryTarget): string[] {
  switch (recovery.kind) {
    case 'time':
      return ['--type=time', `--target=${recovery.text}`, '--target-action=promote'];
    case 'name':
      return ['--type=name', `--target=${recovery.name}`, '--target-action=promote'];
    case 'latest':
      return ['--type=default'];
  }
}

/** Whether nothing is there; false for an empty directory. Throws `RESTORE_BLOCKED` for anything else. */
export async function isFree(directory: string): Promise<boolean> {
  const found = await lstat(directory).catch(() => undefined);
  if (found === undefined) return true;
  if (found.isDirectory() && (await readdir(directory)).length === 0) return false;
  throw new AtrizError('RESTORE_BLOCKED', `${directory} is not an empty directory`, {
    hint: 'name one that is empty or not there yet; over the server’s own: --in-place',
  });
}

async function refuseWithoutRoom(directory: string, needed: number): Promise<void> {
  const free = await freeBytes(directory);
  if (free === undefined || free >= needed) return;
  const [want, have] = [needed, free].map((bytes) => Math.ceil(bytes / 1024 / 1024));
  throw new AtrizError('RESTORE_NO_ROOM', `restoring needs ${want} MiB in ${directory}, and ${have} MiB are free`, {
    hint: 'make room there, or name a directory on another disk',
  });
}

/** Where a directory is, or would be. */
async function freeBytes(directory: string): Promise<number | undefined> {
  try {
    const { bavail, bsize } = await statfs(directory);
    return bavail * bsize;
  } catch {
    return directory === dirname(directory) ? undefined : freeBytes(dirname(directory));
  }
}
