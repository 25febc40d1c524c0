import { z } from 'zod';

/** In a route's schema: it takes a bearer token. */
export const SIGNED_IN: { bearer: string[] }[] = [{ bearer: [] }];

/** Text that PostgreSQL can keep. */
export function text(maxLength: number) {
  return z
    .string()
    .max(maxLength)
    .refine((value) => !value.includes('\0') && value.isWellFormed(), 'text has no NUL and no half characters');
}
