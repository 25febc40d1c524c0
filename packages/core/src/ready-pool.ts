import { assertReady, AtrizError, createDatabasePool, type DatabasePool, type Definition } from '@atriz/database';
import { connectionStringFor, readFamilyName, readProvider } from '@atriz/database/workspace';

export interface PoolOptions {
  /** The directory of the package that owns the definition: its `.env` and its migrations count. */
  readonly directory: string;
  readonly max?: number | undefined;
  /** Default: the variables of this process. */
  readonly variables?: Readonly<Record<string, string | undefined>> | undefined;
  /** As which role of the database: see `connectionStringFor`, and {@link openReadyPool} for who connects as a superuser. */
  readonly role?: 'app' | 'read' | undefined;
}

export interface ReadyPoolOptions extends PoolOptions {
  /** Whether a database that cannot be reached now will do: the pool finds it when it is there. Default false. */
  readonly mayBeAway?: boolean;
}

/** A request would rather be told soon that a database is away than wait for it. `DB_POOL_ACQUIRE_TIMEOUT` says otherwise. */
const ACQUIRE_MS = 5000;

/** The role is not there, or was given nothing in a database that was made anew. */
const UNKNOWN = new Set(['AUTHENTICATION_FAILED', 'PERMISSION_DENIED']);

const AWAY = new Set(['SERVER_UNREACHABLE', 'CONNECTION_FAILED', 'CONNECTION_LOST']);

/** What is asked for, with the variables that count. */
type Asked = ReadyPoolOptions & { readonly variables: Readonly<Record<string, string | undefined>> };

async function openPool(definition: Definition, { directory, max, variables, role }: Asked): Promise<DatabasePool> {
  const connectionString = await connectionStringFor(definition, { directory, variables, role });
  const connectionTimeoutMillis = variables.DB_POOL_ACQUIRE_TIMEOUT ? undefined : ACQUIRE_MS;
  return createDatabasePool({ connectionString, max, connectionTimeoutMillis });
}

/** A second pool, to where the first one leads and as whom. */
export function openPoolLike({ pool }: DatabasePool, { max }: { readonly max: number }): DatabasePool {
  const { connectionString, connectionTimeoutMillis, options } = pool.options;
  return createDatabasePool({ connectionString, connectionTimeoutMillis, options, max });
}

/**
 * A pool on a definition's database, which has been asked whether it is the one, and new enough for this code. On an
 * embedded server whose roles were not applied yet it connects as before there were any; `assertRuntimeRole` tells.
 *
 * Who connects as a superuser takes the role instead, where there is one: in development the settings of a server often
 * name nobody else, and row-level security holds all the same. In production that is refused and not mended.
 */
export async function openReadyPool(
  definition: Definition,
  { variables = process.env, ...options }: ReadyPoolOptions,
): Promise<DatabasePool> {
  const { directory, role } = options;
  const asked = { ...options, variables };
  try {
    return await openAsked(definition, asked);
  } catch (error) {
    const isUnknown = role !== undefined && error instanceof AtrizError && UNKNOWN.has(error.code);
    if (!isUnknown || (await readProvider(definition, { directory, variables })) !== 'embedded') throw error;
    return openAsked(definition, { ...asked, role: undefined });
  }
}

async function openAsked(definition: Definition, { mayBeAway = false, ...options }: Asked): Promise<DatabasePool> {
  const { directory } = options;
  const pool = await openPool(definition, options);
  try {
    await assertReady(pool, definition, { directory, family: await readFamilyName(directory) });
    return await takeRole(pool, options);
  } catch (error) {
    if (mayBeAway && error instanceof AtrizError && AWAY.has(error.code)) return pool;
    await pool.close();
    throw error;
  }
}

const LESSER_ROLE = `
SELECT lesser.rolname AS role
FROM pg_roles AS lesser, pg_roles AS login
WHERE login.rolname = current_user AND login.rolsuper AND lesser.rolname = current_database() || '_' || $1`;

async function takeRole(
  db: DatabasePool,
  { role, max, variables }: Pick<Asked, 'role' | 'max' | 'variables'>,
): Promise<DatabasePool> {
  if (role === undefined || variables.NODE_ENV === 'production') return db;
  const { rows } = await db.query<{ role: string }>(LESSER_ROLE, [role]);
  if (rows[0] === undefined) return db;
  const { connectionString, connectionTimeoutMillis } = db.pool.options;
  const lesser = createDatabasePool({
    connectionString,
    connectionTimeoutMillis,
    max,
    options: `-c role=${rows[0].role}`,
  });
  await db.close();
  return lesser;
}
