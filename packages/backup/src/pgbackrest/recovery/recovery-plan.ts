import type { BackupWorkspace } from '../../workspace.ts';
import { archiveNow } from './archive-now.ts';
import { parseListing, refuseGap } from './archive-gap.ts';
import type { PhysicalBackup } from '../info.ts';
import { runPgbackrest } from '../program.ts';
import { chooseBackup, describeTarget, type RecoveryTarget } from './recovery-target.ts';
import { contextOf, openStanza, readInfo, type ConfiguredStanza } from '../stanza.ts';

export interface RecoveryRequest {
  readonly recovery: RecoveryTarget;
  /** The backup to begin with. Default: the newest that the target allows. */
  readonly label?: string | undefined;
}

/** A recovery that the repository allows, as far as can be known before it is done. */
export interface RecoveryPlan extends RecoveryRequest {
  readonly stanza: ConfiguredStanza;
  readonly backup: PhysicalBackup;
  /** PostgreSQL's major version. */
  readonly major: number;
  /** Whether the server was there, and handed over what it had not archived yet. */
  readonly archived: boolean;
}

/**
 * Chooses the backup that recovery begins with, and makes sure that the archive follows it without a hole. Where the
 * server still runs, it first archives what it has not yet: minutes just passed can be had then.
 *
 * Throws `ARGUMENT_INVALID` (a time to come), `BACKUP_UNKNOWN` (no backup reaches back so far), `BACKUP_FILE_MISSING` (a
 * hole), `BACKUP_KEY_WRONG`, and as `openStanza` does. Nothing is touched.
 */
export async function planRecovery(
  workspace: BackupWorkspace,
  databases: readonly string[] | undefined,
  { recovery, label }: RecoveryRequest,
): Promise<RecoveryPlan> {
  const stanza = await openStanza(workspace, databases);
  const context = contextOf(workspace, stanza.target);
  const now = context.now?.() ?? Date.now();
  const backup = chooseBackup(await readInfo(stanza, context), recovery, { label, now });
  context.onProgress?.(`recovering to ${describeTarget(recovery)} begins with backup ${backup.label}`);
  const archived = await archiveNow(stanza.target, context);
  const folder = `archive/${stanza.name}/${backup.archive}`;
  const listing = await runPgbackrest(stanza, ['repo-ls', '--recurse', '--output=json', folder], { context });
  refuseGap(parseListing(listing), backup, recovery);
  return { stanza, backup, recovery, label, archived, major: Number.parseInt(backup.archive, 10) };
}
