import { createTestDatabase } from '@atriz/testing';
import pg from 'pg';
import { defineDatabase } from '../src/definition.ts';
import { createDatabasePool, type DatabasePool, type DatabasePoolOptions } from '../src/pool.ts';

export interface EmptyDatabase extends AsyncDisposable {
  readonly connectionString: string;
  /** A pool of the test file's own, for what is not itself under test. */
  readonly db: DatabasePool;
  /** Makes a pool with an application name of its own, so that its sessions can be told from others. */
  openPool(options?: DatabasePoolOptions): ObservedPool;
  drop(): Promise<void>;
}

export interface ObservedPool extends DatabasePool {
  /** Ends every backend of this pool from outside, waits until they are gone and says how many there were. */
  killBackends(): Promise<number>;
  /** How many sessions the server knows of this pool. */
  countSessions(): Promise<number>;
}

/** A database without tables; dropping it closes the pool first and fails when a session is left. */
export async function openEmptyDatabase(): Promise<EmptyDatabase> {
  const directory = new URL('.', import.meta.url);
  const database = await createTestDatabase(defineDatabase({ name: 'empty' }), { directory });
  const { connectionString } = database;
  const db = createDatabasePool({ connectionString });
  let pools = 0;
  const drop = async (): Promise<void> => {
    await db.close();
    await database.drop();
  };
  const openPool = (options: DatabasePoolOptions = {}): ObservedPool => {
    pools += 1;
    const name = `observed ${pools}`;
    const pool = createDatabasePool({ connectionString, application_name: name, ...options });
    const countSessions = async (): Promise<number> => {
      const { rows } = await db.query<{ sessions: number }>(
        `SELECT count(*)::int AS sessions FROM pg_stat_activity
          WHERE application_name = $1 AND datname = current_database()`,
        [name],
      );
      return rows[0]!.sessions;
    };
    const killBackends = async (): Promise<number> => {
      const { rowCount } = await db.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
          WHERE application_name = $1 AND datname = current_database()`,
        [name],
      );
      while ((await countSessions()) > 0);
      return rowCount ?? 0;
    };
    return { ...pool, countSessions, killBackends };
  };
  return { connectionString, db, openPool, drop, [Symbol.asyncDispose]: drop };
}

/** A client outside every pool. */
export async function connectClient(
  connectionString: string,
): Promise<AsyncDisposable & { readonly client: pg.Client }> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  return { client, [Symbol.asyncDispose]: () => client.end() };
}
