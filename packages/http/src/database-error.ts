import { AtrizError, sqlState } from '@atriz/database';

/** What passes by itself: no connection, none to spare, a server that starts or stops, a lock or a conflict. */
const PASSING = /^(?:08|53|57P|57014|55P03|40001|40P01|25006)/;
/** A value that its column or its type cannot hold. */
const VALUE = /^(?:22(?:001|003|007|008|021|023|P02|P03|P05)|23502|23514)$/;
/** A row that is referred to, or that a reference does not find. */
const REFERENCE = '23503';

const UNREACHABLE = new Set([
  'EAI_AGAIN',
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOENT', // a Unix socket that is not there
  'ENOTFOUND',
  'EPIPE',
  'ETIMEDOUT',
]);
/** pg gives these no code. */
const LOST = /Connection terminated|timeout exceeded when trying to connect|connection error and is not queryable/i;

/**
 * What a client is told of an error that a query of its request met: `SERVICE_UNAVAILABLE` for what passes by itself,
 * `REQUEST_INVALID` for a value that cannot be stored, `CONFLICT` for a reference that does not hold; undefined for
 * every other one, which is this side's fault. Nothing of the statement is in it. A route that expects a unique
 * violation answers it itself.
 */
export function fromDatabaseError(error: unknown): AtrizError | undefined {
  const state = sqlState(error);
  if (PASSING.test(state) || isConnectionError(error)) {
    return new AtrizError('SERVICE_UNAVAILABLE', 'the database cannot be asked at the moment', {
      retryAfterSeconds: 2,
      cause: error,
    });
  }
  if (VALUE.test(state)) {
    return new AtrizError('REQUEST_INVALID', 'a value is not one that can be stored', { cause: error });
  }
  if (state === REFERENCE) {
    return new AtrizError('CONFLICT', 'something that this refers to, or that refers to this, stands in the way', {
      cause: error,
    });
  }
  return undefined;
}

function isConnectionError(error: unknown): boolean {
  if (error instanceof AggregateError) return error.errors.some(isConnectionError);
  if (!(error instanceof Error)) return false;
  const { code, syscall, message, severity } = error as NodeJS.ErrnoException & { readonly severity?: string };
  // The server ended the session, or never began one: for whatever reason, there is no connection.
  if (severity === 'FATAL') return true;
  return (code !== undefined && syscall !== undefined && UNREACHABLE.has(code)) || LOST.test(message);
}
