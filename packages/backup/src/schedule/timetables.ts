import { AtrizError } from '@atriz/database';
import type { ScheduleSettings } from '../settings/schedule-settings.ts';
import type { SlotKind } from './slot-ledger.ts';
import { createTimetable, type Timetable } from './timetable.ts';

export type Timetables = Readonly<Partial<Record<SlotKind, Timetable>>>;

/** The timetables of the settings. Throws `BACKUP_NOT_CONFIGURED` when there is no schedule. */
export function readTimetables(schedule: ScheduleSettings | undefined): Timetables {
  if (schedule === undefined) {
    throw new AtrizError('BACKUP_NOT_CONFIGURED', 'there is no schedule', {
      hint: 'set BACKUP_SCHEDULE, such as "0 3 * * *" for every night at three',
    });
  }
  const { cron, drill, timeZone } = schedule;
  return {
    backup: createTimetable(cron, { timeZone, variable: 'BACKUP_SCHEDULE' }),
    ...(drill === undefined ? {} : { drill: createTimetable(drill, { timeZone, variable: 'BACKUP_DRILL_SCHEDULE' }) }),
  };
}
