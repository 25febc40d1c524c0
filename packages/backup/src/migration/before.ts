import { AtrizError } from '@atriz/database';
import { readStake, type MigrateOptions } from '@atriz/lifecycle';
import { openKeys } from '../keys/keys.ts';
import { verifySet } from '../proof/verify.ts';
import { createSet } from '../set/create.ts';
import { openSet } from '../set/open.ts';
import { readBackupSettings } from '../settings/settings.ts';
import type { BackupWorkspace } from '../workspace.ts';

export interface BeforeMigrationOptions extends Pick<MigrateOptions, 'count' | 'allowOutOfOrder'> {
  /** The definitions' names of what is to be migrated. */
  readonly databases: readonly string[];
  /** The run that is about to migrate, by which the set is found again. */
  readonly runId: string;
}

/** The set that undoes a run. */
export interface MigrationBackup {
  readonly set: string;
  readonly databases: readonly string[];
  /** The stores that have it. */
  readonly places: readonly string[];
  /** What a person should know although all went well. */
  readonly warnings: readonly string[];
}

/**
 * Makes one set of every database that a run of migrations is about to touch, and proves it by a restore; `undefined`
 * where `AUTO_BACKUP_BEFORE_MIGRATION` is off, nothing is pending, or nothing that is pending could harm a row.
 *
 * To be called before anything is applied, and whatever it throws is to keep the run from beginning: what makes a set
 * throws, `BACKUP_UNPROVEN` where the restored set differs, and what keeps `up` from running in any of the databases.
 */
export async function backUpBeforeMigration(
  workspace: BackupWorkspace,
  { databases, runId, ...options }: BeforeMigrationOptions,
): Promise<MigrationBackup | undefined> {
  const settings = readBackupSettings(workspace);
  if (!settings.beforeMigration) return undefined;
  const touched = await findTouched(workspace, databases, options);
  const [first] = touched;
  if (first === undefined) return undefined;
  const context = workspace.contextFor(first);
  context.onProgress?.(`backing up ${touched.join(', ')} before the migration`);
  const created = await createSet(workspace, { databases: touched, purpose: 'migration', runId });
  context.onProgress?.(`proving ${created.id} by a restore`);
  const keys = await openKeys(settings, workspace);
  const reader = await openSet(created.stores[0]!, created.id, { ...keys, signal: context.signal });
  const { proof, problems } = await verifySet(workspace, reader, {
    restore: true,
    context,
  });
  const unproven = touched.filter((name) => !proof?.databases.includes(name));
  if (unproven.length > 0) throw unprovenError(created.id, unproven, problems[0]);
  return {
    set: created.id,
    databases: touched,
    places: created.stores.map(({ place }) => place),
    warnings: [
      ...created.warnings,
      ...created.failures.map(({ store, error }) => `${store.place} has no copy: ${(error as Error).message}`),
    ],
  };
}

/** Those with something pending, all of them as soon as one of them has something to lose. */
async function findTouched(
  workspace: BackupWorkspace,
  databases: readonly string[],
  options: Pick<MigrateOptions, 'count' | 'allowOutOfOrder'>,
): Promise<readonly string[]> {
  const touched: string[] = [];
  let isAtStake = false;
  for (const name of databases) {
    const stake = await readStake(await workspace.open(name), options, workspace.contextFor(name));
    if (stake === undefined || stake.pending.length === 0) continue;
    touched.push(name);
    isAtStake ||= stake.holdsData;
  }
  return isAtStake ? touched : [];
}

function unprovenError(set: string, databases: readonly string[], problem: AtrizError | undefined): AtrizError {
  const because = problem === undefined ? '' : `: ${problem.message}`;
  return new AtrizError(
    'BACKUP_UNPROVEN',
    `nothing was migrated: ${set}, made for that, does not prove ${databases.join(', ')}${because}`,
    { hint: `find out what differs: atriz backup verify ${set} --restore`, cause: problem },
  );
}
