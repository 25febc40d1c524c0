import { AtrizError } from '@atriz/database';

/** What clocks show in a place, as moments written as if they were UTC's. */
export interface TimeZone {
  /** How far its clocks are ahead of UTC at that moment. */
  offsetMs(moment: Date): number;
  /**
   * When its clocks show that time: the first time where they show it twice; where they skip it, the moment at which
   * they do.
   */
  whenShown(wall: Date): Date;
}

const DAY_MS = 86_400_000;
const SECOND_MS = 1000;

/** Throws `SETTING_INVALID` for a name that the IANA time zone database does not have. */
export function createTimeZone(name: string): TimeZone {
  const format = readFormat(name);
  const offsetMs = (moment: Date): number => {
    const parts = format.formatToParts(moment).map(({ type, value }) => [type, Number(value)] as const);
    const { year, month, day, hour, minute, second } = Object.fromEntries(parts);
    const shown = Date.UTC(year!, month! - 1, day, hour, minute, second);
    return shown - Math.floor(moment.getTime() / SECOND_MS) * SECOND_MS;
  };
  return {
    offsetMs,
    whenShown(wall) {
      const before = offsetMs(new Date(wall.getTime() - DAY_MS));
      const after = offsetMs(new Date(wall.getTime() + DAY_MS));
      const moments = [before, after].map((offset) => wall.getTime() - offset).toSorted((a, b) => a - b);
      const shown = moments.find((moment) => moment + offsetMs(new Date(moment)) === wall.getTime());
      if (shown !== undefined) return new Date(shown);
      let [early, late] = [moments[0]!, moments[1]!]; // the clocks are put forward between the two
      while (late - early > SECOND_MS) {
        const middle = early + Math.floor((late - early) / 2 / SECOND_MS) * SECOND_MS;
        if (offsetMs(new Date(middle)) === after) late = middle;
        else early = middle;
      }
      return new Date(late);
    },
  };
}

function readFormat(timeZone: string): Intl.DateTimeFormat {
  try {
    const numeric = 'numeric';
    return new Intl.DateTimeFormat('en-US', {
      timeZone,
      hourCycle: 'h23',
      year: numeric,
      month: numeric,
      day: numeric,
      hour: numeric,
      minute: numeric,
      second: numeric,
    });
  } catch (error) {
    throw new AtrizError('SETTING_INVALID', `BACKUP_SCHEDULE_TIMEZONE is "${timeZone}", which is no time zone`, {
      hint: 'a name such as Europe/Berlin or UTC',
      cause: error,
    });
  }
}
