import { AtrizError } from '@atriz/database';
import { Cron } from 'croner';
import { createTimeZone, type TimeZone } from './time-zone.ts';

const DAY_MS = 86_400_000;

/** The moments at which something is due. */
export interface Timetable {
  /** The newest one that is not after `moment`. */
  newest(moment: Date): Date | undefined;
  /** The first one after `moment`. */
  next(moment: Date): Date | undefined;
}

export interface TimetableOptions {
  /** A name of the IANA time zone database, such as `Europe/Berlin`. */
  readonly timeZone: string;
  /** The variable that the expression is from, for the error. */
  readonly variable: string;
}

/**
 * Reads a cron expression of five fields, or of six with seconds before them.
 *
 * An expression that names hours is about the clock on the wall: what falls into the hour that is skipped in spring is
 * due once, when that hour is over, and what falls into the hour that comes twice in autumn is due when it comes first.
 * One whose hour is `*` is about elapsed time, and is due in either hour.
 *
 * Throws `SETTING_INVALID`.
 */
export function createTimetable(expression: string, { timeZone, variable }: TimetableOptions): Timetable {
  const zone = createTimeZone(timeZone);
  const cron = readExpression(expression, { timeZone, variable });
  if (isElapsed(expression)) {
    return {
      // its own search excludes the moment that it begins from
      newest: (moment) => cron(timeZone).previousRuns(1, new Date(moment.getTime() + 1))[0],
      next: (moment) => cron(timeZone).nextRun(moment) ?? undefined,
    };
  }
  return onTheWall(cron('UTC'), zone);
}

function isElapsed(expression: string): boolean {
  const fields = expression.trim().split(/\s+/);
  return fields[0] === '@hourly' || fields[fields.length === 5 ? 1 : 2] === '*';
}

/**
 * The expression's moments as a wall's clock shows them, written as if that were UTC's, and each turned into the moment
 * at which it is shown. That never reverses their order, so the first that fits in either direction is the one.
 */
function onTheWall(cron: Cron, zone: TimeZone): Timetable {
  const offsets = (moment: Date): number[] =>
    [-DAY_MS, 0, DAY_MS].map((away) => zone.offsetMs(new Date(moment.getTime() + away)));
  return {
    newest(moment) {
      let wall = new Date(moment.getTime() + Math.max(...offsets(moment)) + 1);
      for (;;) {
        const [earlier] = cron.previousRuns(1, wall);
        if (earlier === undefined) return undefined;
        const shown = zone.whenShown(earlier);
        if (shown.getTime() <= moment.getTime()) return shown;
        wall = earlier;
      }
    },
    next(moment) {
      let wall = new Date(moment.getTime() + Math.min(...offsets(moment)) - 1000);
      for (;;) {
        const later = cron.nextRun(wall);
        if (later === null) return undefined;
        const shown = zone.whenShown(later);
        if (shown.getTime() > moment.getTime()) return shown;
        wall = later;
      }
    },
  };
}

function readExpression(expression: string, { timeZone, variable }: TimetableOptions): (zone: string) => Cron {
  const read = (zone: string): Cron => new Cron(expression, { timezone: zone, paused: true });
  try {
    read(timeZone);
    return read;
  } catch (error) {
    throw new AtrizError('SETTING_INVALID', `${variable} is "${expression}", which is no cron expression`, {
      hint: 'five fields, minute hour day month weekday, such as "0 2 * * *"',
      cause: error,
    });
  }
}
