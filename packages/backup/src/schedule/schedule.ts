import { requireIdentity, withSession, type Context } from '@atriz/lifecycle';
import { readBackupSettings } from '../settings/settings.ts';
import type { BackupWorkspace } from '../workspace.ts';
import { isPassing } from './passing.ts';
import { runScheduler, type SchedulerEvent } from './scheduler.ts';
import { findSharedDatabase } from './shared-database.ts';
import type { SlotOutcome } from './slot-ledger.ts';
import { runSlot } from './slot-run.ts';
import { readTimetables } from './timetables.ts';

export interface RunScheduleOptions {
  readonly onEvent?: ((event: SchedulerEvent) => void) | undefined;
  /** Serve what is due, and end. Default false: until the signal aborts. */
  readonly once?: boolean | undefined;
  readonly context: Pick<Context, 'signal'>;
}

/**
 * Serves the slots of `BACKUP_SCHEDULE` and `BACKUP_DRILL_SCHEDULE`; see `runScheduler` for what it promises. What each
 * run did is in the ledger of the shared database, and given back in order.
 *
 * Throws `IDENTITY_MISMATCH` and `NOT_MIGRATED` before anything else, `BACKUP_NOT_CONFIGURED`, `SETTING_INVALID`.
 */
export async function runSchedule(
  workspace: BackupWorkspace,
  { onEvent, once, context: { signal } }: RunScheduleOptions,
): Promise<readonly SlotOutcome[]> {
  const { name } = findSharedDatabase(workspace.family);
  await checkDatabase(workspace, name);
  const timetables = readTimetables(readBackupSettings(workspace).schedule);
  return runScheduler(() => workspace.open(name), {
    timetables,
    run: (run) => runSlot(workspace, run),
    onEvent,
    once,
    signal,
  });
}

/** A database that cannot be reached yet is waited for later. */
async function checkDatabase(workspace: BackupWorkspace, name: string): Promise<void> {
  try {
    const target = await workspace.open(name);
    await withSession(target.parameters, workspace.contextFor(name), (client) => requireIdentity(client, target));
  } catch (error) {
    if (!isPassing(error)) throw error;
  }
}
