import pg from 'pg';
import { AtrizError } from './errors.ts';
import { readPoolSettings } from './pool-settings.ts';

/** Everything that `pg.Pool` takes, and what to do when a connection is lost while nobody uses it. */
export interface DatabasePoolOptions extends pg.PoolConfig {
  /** Told of each connection lost outside a query. Default: a process warning; the pool replaces it either way. */
  readonly onConnectionLost?: (error: Error) => void;
}

export interface DatabasePool extends AsyncDisposable {
  /** The `pg.Pool` below, for `withTransaction` and for libraries that ask for one. */
  readonly pool: pg.Pool;
  /** Runs one statement on any free connection. Rejects with pg's own error, which carries the SQLSTATE as `code`. */
  query<Row extends pg.QueryResultRow = pg.QueryResultRow>(
    text: string | pg.QueryConfig,
    values?: readonly unknown[],
  ): Promise<pg.QueryResult<Row>>;
  /** Waits for the connections in use, then closes them all. Calling it again waits for the same end. */
  close(): Promise<void>;
}

/**
 * Makes a pool of connections; none is opened before the first query.
 *
 * Where an option is not given, `DB_POOL_MIN`, `DB_POOL_MAX`, `DB_POOL_IDLE_TIMEOUT` and `DB_POOL_ACQUIRE_TIMEOUT`
 * of the process count, then the defaults: at most 10 connections, closed after 10 s of idleness, no limit to the
 * wait for one. A backend that dies never takes the process down: neither while its connection is idle nor while
 * it is checked out.
 *
 * Throws `CONNECTION_NOT_CONFIGURED` when `connectionString` is given but undefined or empty (an unset variable would
 * otherwise connect to whatever pg guesses), `SETTING_INVALID` when a `DB_POOL_…` variable is no number.
 *
 * @example
 * await using db = createDatabasePool({ connectionString: process.env.DATABASE_URL, max: 20 });
 * const { rows } = await db.query('SELECT * FROM users WHERE is_active = $1', [true]);
 */
export function createDatabasePool({ onConnectionLost = warn, ...options }: DatabasePoolOptions = {}): DatabasePool {
  if ('connectionString' in options && !options.connectionString) {
    throw new AtrizError('CONNECTION_NOT_CONFIGURED', 'createDatabasePool was given an empty connectionString', {
      hint: 'set the variable that it is read from, such as DATABASE_URL',
    });
  }
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  const pool = new pg.Pool({ ...readPoolSettings(process.env, given), ...given });

  // pg-pool listens to a client only while it is idle. Without a listener of our own, a backend killed under a
  // checked-out client is an unhandled 'error' event, which ends the process.
  pool.on('connect', (client) => void client.on('error', ignoreLoss));
  pool.on('error', onConnectionLost);

  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => (closing ??= pool.end());
  return {
    pool,
    query: (text: string | pg.QueryConfig, values?: readonly unknown[]) =>
      pool.query(text as string, values as unknown[]),
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** The query that runs, or the next one, rejects with the same loss; pg-pool then drops the client at release. */
function ignoreLoss(): void {}

function warn(error: Error): void {
  process.emitWarning(`an idle database connection was lost: ${error.message}`, { code: 'ATRIZ_CONNECTION_LOST' });
}
