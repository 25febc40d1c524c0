import { Cron } from 'croner';
import type { VariableReader } from './variable-reader.ts';

/** When sets are made. */
export interface ScheduleSettings {
  /** `BACKUP_SCHEDULE`: minute, hour, day of the month, month, day of the week. */
  readonly cron: string;
  /** `BACKUP_SCHEDULE_TIMEZONE`, as the time zone database names it. Default UTC. */
  readonly timeZone: string;
  /** `BACKUP_DRILL_SCHEDULE`: when a set is restored and proven, in the same form. */
  readonly drill: string | undefined;
}

export function readSchedule(reader: VariableReader): ScheduleSettings | undefined {
  const cron = readCron(reader, 'BACKUP_SCHEDULE');
  const drill = readCron(reader, 'BACKUP_DRILL_SCHEDULE');
  const timeZone = readTimeZone(reader);
  if (cron !== undefined) return { cron, timeZone, drill };
  if (drill !== undefined && reader.find('BACKUP_SCHEDULE') === undefined) {
    reader.fault({
      code: 'BACKUP_NOT_CONFIGURED',
      message: 'BACKUP_DRILL_SCHEDULE is set and BACKUP_SCHEDULE is not',
      hint: 'set BACKUP_SCHEDULE too: a drill restores what it made',
    });
  }
  return undefined;
}

function readCron(reader: VariableReader, variable: string): string | undefined {
  const setting = reader.find(variable);
  if (setting === undefined) return undefined;
  try {
    new Cron(setting.value, { paused: true, mode: '5-part' }).stop();
    return setting.value;
  } catch {
    const hint = `set ${variable} to five fields such as "15 3 * * *": minute, hour, day, month, day of the week`;
    reader.refuse(setting, 'not a schedule', { hint });
    return undefined;
  }
}

function readTimeZone(reader: VariableReader): string {
  const setting = reader.find('BACKUP_SCHEDULE_TIMEZONE');
  if (setting === undefined) return 'UTC';
  try {
    Intl.DateTimeFormat('en', { timeZone: setting.value });
  } catch {
    reader.refuse(setting, 'not a time zone', { hint: 'set it to a name such as Europe/Rome' });
  }
  return setting.value;
}
