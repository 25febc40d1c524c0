import { AtrizError, sqlState } from '@atriz/database';

const PASSING_CODES = new Set(['SERVER_UNREACHABLE', 'CONNECTION_LOST', 'CONNECTION_FAILED', 'INTERRUPTED']);
/** Connection exceptions, resources that are used up, and a server that stops or starts. */
const PASSING_STATES = /^(?:08|53|57P)/;

/** What a database looks like while it is restored in place, or reset. */
const REPLACED_CODES = new Set(['DATABASE_MISSING', 'NOT_MIGRATED']);

/**
 * Whether a failure of a connection may be over when it is tried again, without anybody's doing. `wasThere`: the database
 * was reached before, so that it is probably being replaced when it is gone.
 */
export function isPassing(error: unknown, { wasThere = false }: { readonly wasThere?: boolean } = {}): boolean {
  if (error instanceof AtrizError) {
    return PASSING_CODES.has(error.code) || (wasThere && REPLACED_CODES.has(error.code));
  }
  const state = sqlState(error);
  return !state || PASSING_STATES.test(state);
}
