import type pg from 'pg';

/** What went wrong on a client since the trace was begun, whoever was told of it. */
export interface FailureTrace {
  /** The first error that the server sent, unless a savepoint undid it. */
  first: Error | undefined;
  /** Why the connection broke while no query ran, if it did. */
  lost: Error | undefined;
}

/** ReadyForQuery's status in a transaction that has not failed (PostgreSQL manual, "Message Formats"). */
const IN_TRANSACTION = 'T';
const TRACE = Symbol('atriz.failureTrace');

interface TracedClient {
  readonly connection?: NodeJS.EventEmitter;
  [TRACE]?: FailureTrace;
}

/**
 * Begins the client's trace anew and returns it. pg hands a failed query's error to its caller only; when the caller
 * ignores it, the protocol messages are the one trace left.
 *
 * The listeners stay on the client, one set for its life: putting them there for each transaction cost more than all
 * the rest that `withTransaction` does.
 */
export function traceFailures(client: pg.PoolClient): FailureTrace {
  const traced = client as unknown as TracedClient;
  const trace = (traced[TRACE] ??= listen(client, traced));
  trace.first = undefined;
  trace.lost = undefined;
  return trace;
}

function listen(client: pg.PoolClient, { connection }: TracedClient): FailureTrace {
  const trace: FailureTrace = { first: undefined, lost: undefined };
  connection?.on('errorMessage', (error: Error) => void (trace.first ??= error));
  connection?.on('readyForQuery', ({ status }: { readonly status: string }) => {
    if (status === IN_TRANSACTION) trace.first = undefined;
  });
  client.on('error', (error: Error) => void (trace.lost ??= error));
  return trace;
}
