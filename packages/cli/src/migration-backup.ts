import type { MigrationBackup } from '@atriz/backup';
import type { MigrateOptions } from '@atriz/lifecycle';
import { openBackupWorkspace } from './backup-workspace.ts';
import type { Invocation } from './invocation.ts';
import { paint } from './output/terminal.ts';

const SWITCH = 'AUTO_BACKUP_BEFORE_MIGRATION';

/** What a run of migrations can be undone by. */
export interface Safeguard extends Pick<MigrationBackup, 'set' | 'databases'> {
  /** The one line to type. */
  readonly undo: string;
}

/**
 * Where `AUTO_BACKUP_BEFORE_MIGRATION` is on: makes and proves a set of what the run is about to touch. To be awaited
 * before anything else of the run; whatever it throws keeps the run from beginning. What is about backups is loaded only
 * where the switch is set.
 */
export async function safeguardMigration(
  invocation: Invocation,
  options: Pick<MigrateOptions, 'count' | 'allowOutOfOrder'> = {},
): Promise<Safeguard | undefined> {
  const { runId, reporter, databases } = invocation;
  if (invocation.options.instance !== undefined) return undefined; // instances are in no set
  const workspace = await openBackupWorkspace(invocation);
  const setting = workspace.environment.find(SWITCH, ['process', 'root']);
  if (setting === undefined || setting.value === 'false') return undefined;
  const { backUpBeforeMigration } = await import('@atriz/backup');
  const names = databases.map(({ name }) => name);
  const backup = await backUpBeforeMigration(workspace, { ...options, databases: names, runId });
  if (backup === undefined) return undefined;
  const fleets = databases.filter(({ instances }) => instances !== undefined).map(({ name }) => name);
  const warnings = fleets.map(
    (name) => `the instances of ${name} are in no set, and undoing the run leaves them alone`,
  );
  for (const warning of [...backup.warnings, ...warnings])
    reporter.line(`${paint(reporter.stdout, 'yellow', 'note')} ${warning}`);
  reporter.line(`backed up and proven: ${backup.set} in ${backup.places.join(', ')}`);
  return {
    set: backup.set,
    databases: backup.databases,
    undo: `pnpm exec atriz migrate undo --run ${runId}`,
  };
}

/** The line that undoes the run, behind everything else that it says. */
export function tellUndo({ reporter }: Invocation, safeguard: Safeguard | undefined): void {
  if (safeguard) reporter.line(`${paint(reporter.stdout, 'cyan', 'undo')}: ${safeguard.undo}`);
}
