import { setTimeout as wait } from 'node:timers/promises';
import type pg from 'pg';
import { AtrizError } from './errors.ts';
import { traceFailures } from './failure-trace.ts';
import { sqlState } from './sql-state.ts';

export interface TransactionOptions {
  /** Default: the server's `default_transaction_isolation`, in most installations `read committed`. */
  readonly isolation?: 'read committed' | 'repeatable read' | 'serializable';
  /** The server then refuses every write with SQLSTATE 25006. Default false. */
  readonly readOnly?: boolean;
  /**
   * How often the whole of `work` is run again after a serialisation failure (40001) or a deadlock (40P01).
   * Default 0. `work` must then have no effect outside the database that cannot be repeated.
   */
  readonly retries?: number;
}

const RETRYABLE = new Set(['40001', '40P01']);
const IN_FAILED_TRANSACTION = '25P02';

/**
 * Runs `work` in one transaction on a client of its own: commits when it resolves, rolls back and rethrows when it
 * rejects. The client goes back to the pool in every case, or is closed when its connection is no longer usable.
 *
 * `work` must not swallow a failed query. PostgreSQL answers COMMIT in a failed transaction with a silent ROLLBACK;
 * that is thrown as `TRANSACTION_ABORTED`, with the first failed query as its cause, never returned as success.
 * (Wrap the query that may fail in {@link withSavepoint}.) What the server answers to COMMIT instead of success, 57P01
 * of a terminated backend included, is thrown as it is: nothing was kept. When the connection breaks during COMMIT
 * without an answer, nobody knows whether it took effect: `CONNECTION_LOST`, as for one that broke before COMMIT while
 * no query ran; the message says which.
 *
 * @example
 * await withTransaction(db.pool, async (client) => {
 *   await client.query('UPDATE accounts SET cents = cents - $1 WHERE id = $2', [100, from]);
 *   await client.query('UPDATE accounts SET cents = cents + $1 WHERE id = $2', [100, to]);
 * }, { isolation: 'serializable', retries: 3 });
 */
export async function withTransaction<Result>(
  pool: Pick<pg.Pool, 'connect'>,
  work: (client: pg.PoolClient) => Promise<Result>,
  options: TransactionOptions = {},
): Promise<Result> {
  return runTransaction(pool, work, options);
}

/** {@link withTransaction}, for this package: `preamble` is SQL that is sent with BEGIN, at each attempt anew. */
export async function runTransaction<Result>(
  pool: Pick<pg.Pool, 'connect'>,
  work: (client: pg.PoolClient) => Promise<Result>,
  { isolation, readOnly = false, retries = 0, preamble }: TransactionOptions & { readonly preamble?: string },
): Promise<Result> {
  const mode = `${isolation ? ` ISOLATION LEVEL ${isolation}` : ''}${readOnly ? ' READ ONLY' : ''}`;
  const begin = `BEGIN${mode}${preamble === undefined ? '' : `; ${preamble}`}`;
  const client = await pool.connect();
  let broken: Error | undefined;
  try {
    for (let attempt = 0; ; attempt += 1) {
      try {
        return await runOnce(client, begin, work);
      } catch (error) {
        broken = await rollBack(client);
        if (broken || attempt >= retries || !RETRYABLE.has(sqlState(error))) throw error;
        await wait(Math.random() * 10 * 2 ** Math.min(attempt, 7));
      }
    }
  } finally {
    client.release(broken);
  }
}

async function runOnce<Result>(
  client: pg.PoolClient,
  begin: string,
  work: (client: pg.PoolClient) => Promise<Result>,
): Promise<Result> {
  const trace = traceFailures(client);
  await client.query(begin);
  const result = await work(client);
  if (trace.lost) throw lostBeforeCommit(trace.lost);
  const { command } = await client.query('COMMIT').catch((error: unknown) => {
    throw sqlState(error) ? error : commitUnknown(error);
  });
  if (command === 'ROLLBACK') throw aborted(trace.first);
  return result;
}

/** Resolves to the error that shows the connection is unusable; never rejects, so that the first error wins. */
async function rollBack(client: pg.PoolClient): Promise<Error | undefined> {
  try {
    await client.query('ROLLBACK');
    return undefined;
  } catch (error) {
    return error as Error;
  }
}

/**
 * Runs `work` under a savepoint of the transaction that `client` is in. When it rejects, only what was done since is
 * undone and the error is rethrown; the transaction stays usable. May be nested.
 *
 * A failed query that `work` swallowed undoes the savepoint too and is thrown as `TRANSACTION_ABORTED`.
 */
export async function withSavepoint<Client extends pg.ClientBase, Result>(
  client: Client,
  work: (client: Client) => Promise<Result>,
): Promise<Result> {
  // One name serves every depth: a second SAVEPOINT hides the first until it is released.
  await client.query('SAVEPOINT atriz');
  try {
    const result = await work(client);
    await client.query('RELEASE SAVEPOINT atriz');
    return result;
  } catch (error) {
    // Where this fails the connection is gone, and the transaction with it; the first error says more.
    await client.query('ROLLBACK TO SAVEPOINT atriz; RELEASE SAVEPOINT atriz').catch(ignore);
    throw sqlState(error) === IN_FAILED_TRANSACTION ? aborted(error) : error;
  }
}

function ignore(): void {}

function aborted(cause?: unknown): AtrizError {
  return new AtrizError(
    'TRANSACTION_ABORTED',
    'a query of the transaction failed and was ignored, so nothing was kept',
    {
      hint: 'let the error of the failed query through, or run that query in withSavepoint',
      cause,
    },
  );
}

function lostBeforeCommit(cause: unknown): AtrizError {
  return new AtrizError('CONNECTION_LOST', 'the connection broke before COMMIT, so nothing was kept', {
    hint: 'run it again',
    cause,
  });
}

function commitUnknown(cause: unknown): AtrizError {
  return new AtrizError('CONNECTION_LOST', 'the connection broke during COMMIT; whether it took effect is not known', {
    hint: 'look for its effect before you repeat it',
    cause,
  });
}
