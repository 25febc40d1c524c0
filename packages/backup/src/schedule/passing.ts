import { AtrizError, sqlState } from '@atriz/database';

const PASSING_CODES = new Set(['SERVER_UNREACHABLE', 'CONNECTION_LOST', 'CONNECTION_FAILED', 'INTERRUPTED']);
/** Connection exceptions, resources that are used up, and a server that stops or starts. */
const PASSING_STATES = /^(?:08|53|57P)/;

/** Whether a failure of a connection may be over when it is tried again, without anybody's doing. */
export function isPassing(error: unknown): boolean {
  if (error instanceof AtrizError) return PASSING_CODES.has(error.code);
  const state = sqlState(error);
  return !state || PASSING_STATES.test(state);
}
