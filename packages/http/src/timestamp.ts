import { z } from 'zod';

/** A moment: an ISO 8601 text with its offset outside, a `Date` inside. In a response it is in UTC. */
export const timestamp = z.codec(z.iso.datetime({ offset: true }), z.date(), {
  decode: (text) => new Date(text),
  encode: (date) => date.toISOString(),
});
