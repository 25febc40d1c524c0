const DAY_MS = 86_400_000;
const TWO_DIGITS = Array.from({ length: 60 }, (_, number) => String(number).padStart(2, '0'));
const THREE_DIGITS = Array.from({ length: 1000 }, (_, number) => String(number).padStart(3, '0'));

/**
 * Makes a function that writes a date as PostgreSQL reads it, in UTC, remembering the day of the last one. It throws
 * RangeError for an invalid date, as `toISOString` does.
 */
export function createDateFormatter(): (date: Date) => string {
  let lastDay = Number.NaN;
  let dayText = '';
  let era = '';
  return (date) => {
    const time = date.getTime();
    const day = Math.floor(time / DAY_MS);
    if (day !== lastDay) {
      [dayText, era] = formatDay(date);
      lastDay = day;
    }
    const ms = time - day * DAY_MS;
    const seconds = Math.floor(ms / 1000);
    const minutes = Math.floor(seconds / 60);
    const hour = TWO_DIGITS[Math.floor(minutes / 60)]!;
    return `${dayText}T${hour}:${TWO_DIGITS[minutes % 60]!}:${TWO_DIGITS[seconds % 60]!}.${THREE_DIGITS[ms % 1000]!}Z${era}`;
  };
}

/** PostgreSQL reads neither ISO 8601's six-digit years nor its years before 1. */
function formatDay(date: Date): readonly [day: string, era: string] {
  const text = date.toISOString();
  const day = text.slice(0, text.indexOf('T'));
  const year = date.getUTCFullYear();
  if (year >= 1 && year <= 9999) return [day, ''];
  const monthAndDay = day.slice(day.indexOf('-', 1));
  return year >= 1 ? [`${year}${monthAndDay}`, ''] : [`${String(1 - year).padStart(4, '0')}${monthAndDay}`, ' BC'];
}
