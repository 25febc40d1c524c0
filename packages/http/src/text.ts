import { z } from 'zod';

/**
 * A text that PostgreSQL can hold: neither NUL nor half of a surrogate pair is in it. In place of `z.string()` wherever
 * a value goes to a database.
 *
 * @example
 * const product = z.strictObject({ name: text().min(1).max(200) });
 */
export function text() {
  return z.string().refine((value) => !value.includes('\0') && value.isWellFormed(), {
    error: 'contains a character that cannot be stored',
    abort: true,
  });
}
