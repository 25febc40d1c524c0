import type { BackupWorkspace } from '../workspace.ts';
import type { PhysicalBackup } from './info.ts';
import { runPgbackrest } from './program.ts';
import { readLiveServer } from './server.ts';
import { contextOf, openStanza, readInfo } from './stanza.ts';

/** `full`; `diff`, what changed since the last full one; `incr`, since the last one of any kind. */
export type BackupType = PhysicalBackup['type'];

export const BACKUP_TYPES: readonly BackupType[] = ['full', 'diff', 'incr'];

export interface BackupOptions {
  /** Default `incr`. Without an earlier one to rely on it is a full one. */
  readonly type?: BackupType | undefined;
  readonly databases?: readonly string[] | undefined;
}

/**
 * Backs the server up into the repository, and returns the backup. pgBackRest then expires what retention lets go.
 *
 * Throws as `openStanza`, `readLiveServer` and `failureOf` do: the server has to run, here, and its archive to work.
 */
export async function backUpServer(
  workspace: BackupWorkspace,
  { type = 'incr', databases }: BackupOptions = {},
): Promise<PhysicalBackup> {
  const stanza = await openStanza(workspace, databases);
  const context = contextOf(workspace, stanza.target);
  await readLiveServer(stanza.target, context);
  await runPgbackrest(stanza, ['backup', `--type=${type}`], { context, server: stanza.target.parameters });
  const { backups } = await readInfo(stanza, context);
  return backups.at(-1)!;
}

/** Has pgBackRest archive a segment, and find it in the repository. Throws as `backUpServer` does. */
export async function checkArchive(workspace: BackupWorkspace, databases?: readonly string[]): Promise<void> {
  const stanza = await openStanza(workspace, databases);
  const context = contextOf(workspace, stanza.target);
  await runPgbackrest(stanza, ['check'], { context, server: stanza.target.parameters });
}

/** Removes what the retention in the configuration lets go of; returns the labels of what went. */
export async function expireBackups(
  workspace: BackupWorkspace,
  { dryRun = false, databases }: { readonly dryRun?: boolean; readonly databases?: readonly string[] | undefined } = {},
): Promise<{ readonly removed: readonly string[]; readonly kept: readonly PhysicalBackup[] }> {
  const stanza = await openStanza(workspace, databases);
  const context = contextOf(workspace, stanza.target);
  const before = await readInfo(stanza, context);
  await runPgbackrest(stanza, ['expire', ...(dryRun ? ['--dry-run'] : [])], { context });
  const { backups: kept } = await readInfo(stanza, context);
  const labels = new Set(kept.map(({ label }) => label));
  return { removed: before.backups.map(({ label }) => label).filter((label) => !labels.has(label)), kept };
}
