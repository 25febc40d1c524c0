import { assertReady, AtrizError, createDatabasePool, type DatabasePool, type Definition } from '@atriz/database';
import { connectionStringFor, readFamilyName } from '@atriz/database/workspace';

export interface PoolOptions {
  /** The directory of the package that owns the definition: its `.env` and its migrations count. */
  readonly directory: string;
  readonly max?: number | undefined;
  /** Default: the variables of this process. */
  readonly variables?: Readonly<Record<string, string | undefined>> | undefined;
}

export interface ReadyPoolOptions extends PoolOptions {
  /** Whether a database that cannot be reached now will do: the pool finds it when it is there. Default false. */
  readonly mayBeAway?: boolean;
}

/** A request would rather be told soon that a database is away than wait for it. `DB_POOL_ACQUIRE_TIMEOUT` says otherwise. */
const ACQUIRE_MS = 5000;

const AWAY = new Set(['SERVER_UNREACHABLE', 'CONNECTION_FAILED', 'CONNECTION_LOST']);

/** A pool on a definition's database, wherever that is; nobody has asked it anything. */
export async function openPool(
  definition: Definition,
  { directory, max, variables = process.env }: PoolOptions,
): Promise<DatabasePool> {
  const connectionString = await connectionStringFor(definition, { directory, variables });
  const connectionTimeoutMillis = variables.DB_POOL_ACQUIRE_TIMEOUT ? undefined : ACQUIRE_MS;
  return createDatabasePool({ connectionString, max, connectionTimeoutMillis });
}

/** A pool on a definition's database, which has been asked whether it is the one, and new enough for this code. */
export async function openReadyPool(
  definition: Definition,
  { mayBeAway = false, ...options }: ReadyPoolOptions,
): Promise<DatabasePool> {
  const { directory } = options;
  const pool = await openPool(definition, options);
  try {
    await assertReady(pool, definition, { directory, family: await readFamilyName(directory) });
    return pool;
  } catch (error) {
    if (mayBeAway && error instanceof AtrizError && AWAY.has(error.code)) return pool;
    await pool.close();
    throw error;
  }
}
