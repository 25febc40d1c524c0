/** How the page says times and places. */

const TIME = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' });
const CLOCK = new Intl.DateTimeFormat(undefined, { timeStyle: 'short' });

export function time(text) {
  return TIME.format(new Date(text));
}

export function clock(text) {
  return CLOCK.format(new Date(text));
}

export function place({ latitude, longitude }) {
  return `${latitude.toFixed(5)}, ${longitude.toFixed(5)}`;
}

export function speed(kmh) {
  return kmh === null ? '–' : `${Math.round(kmh)} km/h`;
}

/** The value of a `datetime-local` field, in the reader's own time. */
export function toField(date) {
  const local = new Date(date.getTime() - date.getTimezoneOffset() * 60_000);
  return local.toISOString().slice(0, 19);
}
