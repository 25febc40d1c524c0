import type { DatabasePool, Definition, ServedDatabase } from '@atriz/database';
import { readProvider } from '@atriz/database/workspace';
import { sharedDatabase } from './definition.ts';
import { openPoolLike, openReadyPool } from './ready-pool.ts';
import { DIRECTORY, type SharedPoolOptions } from './pool.ts';

/** The two databases that an application reads; disposing of it closes all pools. */
export interface ApplicationPools extends AsyncDisposable {
  /** The application's own database. */
  readonly own: DatabasePool;
  /** atriz_shared: who the users are. */
  readonly shared: DatabasePool;
  /** One connection to the shared database, for hearing of revocations without taking one from the others. */
  readonly listening: DatabasePool;
  /** Both, for `createServer`'s health; the shared one is optional: tokens are verified without it. */
  readonly databases: readonly ServedDatabase[];
}

export interface ApplicationPoolsOptions extends SharedPoolOptions {
  /** The application's directory, whose `.env` counts for its own database. */
  readonly directory: string;
  /** As which of its roles the shared database is connected to, on the embedded server. Default `read`. */
  readonly sharedRole?: 'app' | 'read' | undefined;
}

/**
 * Makes the pools of an application: on its own database and on the shared one, wherever its URL variable,
 * `SHARED_DATABASE_URL` or the family's other settings say they are; `max` counts for each of the two. Both are asked
 * whether they are the right ones and new enough for this code: rejects as `connectionStringFor` and `assertReady` do,
 * with everything closed again. The shared database alone may be away: its pool finds it when it is there.
 *
 * A query waits for a connection for 5 seconds at most, unless `DB_POOL_ACQUIRE_TIMEOUT` says otherwise.
 */
export async function openApplicationPools(
  definition: Definition,
  { directory, max, variables, sharedRole = 'read' }: ApplicationPoolsOptions,
): Promise<ApplicationPools> {
  const where = variables ? { directory, variables } : { directory };
  await using opened = new AsyncDisposableStack();
  const own = opened.use(await openReadyPool(definition, { directory, max, variables, role: 'app' }));
  const shared = opened.use(
    await openReadyPool(sharedDatabase, { directory: DIRECTORY, max, variables, mayBeAway: true, role: sharedRole }),
  );
  const listening = opened.use(openPoolLike(shared, { max: 1 }));
  const databases = [
    { definition, directory, db: own, provider: await readProvider(definition, where) },
    {
      definition: sharedDatabase,
      directory: DIRECTORY,
      db: shared,
      provider: await readProvider(sharedDatabase, { ...where, directory: DIRECTORY }),
      optional: true,
    },
  ];
  const pools = opened.move();
  return { own, shared, listening, databases, [Symbol.asyncDispose]: () => pools.disposeAsync() };
}
