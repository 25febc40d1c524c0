import { AtrizError } from '@atriz/database';
import { z } from 'zod';

/** An error as a client sees it: RFC 9457, with Atriz's code as `code`. */
export const problemSchema = z.object({
  type: z.string(),
  title: z.string(),
  status: z.number().int(),
  code: z.string(),
  detail: z.string(),
  /** The request's id, which the logs have too. */
  instance: z.string(),
  errors: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
});

export type Problem = z.output<typeof problemSchema>;

export const PROBLEM_TYPE = 'application/problem+json';

/** What a route throws where something that is asked for is not there, or not the asker's. */
export function notFound(what: string): AtrizError {
  return new AtrizError('NOT_FOUND', `${what} does not exist`);
}
