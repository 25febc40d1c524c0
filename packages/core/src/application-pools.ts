import { type DatabasePool, type Definition } from '@atriz/database';
import { openReadyPool } from './ready-pool.ts';
import { openSharedPool, type SharedPoolOptions } from './pool.ts';

/** The two databases that an application reads; disposing of it closes both pools. */
export interface ApplicationPools extends AsyncDisposable {
  /** The application's own database. */
  readonly own: DatabasePool;
  /** atriz_shared: who the users are. */
  readonly shared: DatabasePool;
}

export interface ApplicationPoolsOptions extends SharedPoolOptions {
  /** The application's directory, whose `.env` counts for its own database. */
  readonly directory: string;
}

/**
 * Makes the pools of an application: on its own database and on the shared one, wherever its URL variable,
 * `SHARED_DATABASE_URL` or the family's other settings say they are; `max` counts for each of the two. Both are asked
 * whether they are the right ones and new enough for this code: rejects as `connectionStringFor` and `assertReady` do,
 * with everything closed again.
 */
export async function openApplicationPools(
  definition: Definition,
  { directory, max, variables }: ApplicationPoolsOptions,
): Promise<ApplicationPools> {
  await using opened = new AsyncDisposableStack();
  const own = opened.use(await openReadyPool(definition, { directory, max, variables }));
  const shared = opened.use(await openSharedPool({ max, variables }));
  const pools = opened.move();
  return { own, shared, [Symbol.asyncDispose]: () => pools.disposeAsync() };
}
