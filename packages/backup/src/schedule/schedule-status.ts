import { withSession } from '@atriz/lifecycle';
import { readBackupSettings } from '../settings/settings.ts';
import type { BackupWorkspace } from '../workspace.ts';
import { isLed } from './leader.ts';
import { findSharedDatabase } from './shared-database.ts';
import { readServerTime, readSlots, type SlotKind, type SlotRecord } from './slot-ledger.ts';
import { readTimetables } from './timetables.ts';

/** What the schedule did and will do, by the clock of the database server. */
export interface ScheduleStatus {
  readonly now: Date;
  /** The definition whose database has the ledger. */
  readonly database: string;
  /** Whether a scheduler is at work. Between the runs of one that is started with `once` none is. */
  readonly led: boolean;
  readonly next: readonly { readonly kind: SlotKind; readonly slot: Date }[];
  /** Due, and taken by nobody: no scheduler is at work, or it has not come to it yet. */
  readonly missed: readonly { readonly kind: SlotKind; readonly slot: Date }[];
  /** Newest first. */
  readonly past: readonly SlotRecord[];
}

const KINDS: readonly SlotKind[] = ['backup', 'drill'];

/** Reads the ledger of the schedule; writes nothing. Throws `BACKUP_NOT_CONFIGURED` and connection errors. */
export async function readScheduleStatus(
  workspace: BackupWorkspace,
  { count = 20 }: { readonly count?: number | undefined } = {},
): Promise<ScheduleStatus> {
  const timetables = readTimetables(readBackupSettings(workspace).schedule);
  const { name } = findSharedDatabase(workspace.family);
  const { parameters } = await workspace.open(name);
  return withSession(parameters, workspace.contextFor(name), async (client) => {
    const now = await readServerTime(client);
    const wasLed = await isLed(client); // and is asked again: a run may begin or end meanwhile
    const all = await readSlots(client, Math.max(count, 100));
    const found = KINDS.flatMap((kind) => {
      const next = timetables[kind]?.next(now);
      const due = timetables[kind]?.newest(now);
      const isServed = all.some((each) => each.kind === kind && due !== undefined && each.slot >= due);
      return { kind, next, missed: due === undefined || isServed ? undefined : due };
    });
    return {
      now,
      database: name,
      led: wasLed || (await isLed(client)),
      next: found.flatMap(({ kind, next: slot }) => (slot ? [{ kind, slot }] : [])),
      missed: found.flatMap(({ kind, missed: slot }) => (slot ? [{ kind, slot }] : [])),
      past: all.slice(0, count),
    };
  });
}
