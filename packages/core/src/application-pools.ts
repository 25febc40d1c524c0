import { createDatabasePool, type DatabasePool, type Definition } from '@atriz/database';
import { connectionStringFor } from '@atriz/database/workspace';
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
 * `SHARED_DATABASE_URL` or the family's other settings say they are. No connection is opened before the first query.
 * `max` counts for each of the two. Rejects as `connectionStringFor` does.
 */
export async function openApplicationPools(
  definition: Definition,
  { directory, max, variables }: ApplicationPoolsOptions,
): Promise<ApplicationPools> {
  const where = variables ? { variables } : {};
  await using opened = new AsyncDisposableStack();
  const connectionString = await connectionStringFor(definition, { directory, ...where });
  const own = opened.use(createDatabasePool({ connectionString, max }));
  const shared = opened.use(await openSharedPool({ ...where, ...(max === undefined ? {} : { max }) }));
  const pools = opened.move();
  return { own, shared, [Symbol.asyncDispose]: () => pools.disposeAsync() };
}
