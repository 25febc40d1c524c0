import { join } from 'node:path';
import { openSharedPool, type SharedPoolOptions } from '@atriz/core';
import { createDatabasePool, type DatabasePool } from '@atriz/database';
import { connectionStringFor } from '@atriz/database/workspace';
import definition from '../database.config.ts';

/** The two databases that this application reads; disposing of it closes both. */
export interface Pools extends AsyncDisposable {
  /** The application's own: its pages, profiles and messages. */
  readonly website: DatabasePool;
  /** atriz_shared: who the users are. */
  readonly shared: DatabasePool;
}

/** `max` counts for each of the two pools. */
export type PoolsOptions = SharedPoolOptions;

/**
 * Makes the pools of both databases, wherever `DATABASE_URL`, `SHARED_DATABASE_URL` or the family's other settings
 * say they are. No connection is opened before the first query.
 *
 * @example
 * await using pools = await openPools();
 */
export async function openPools(options: PoolsOptions = {}): Promise<Pools> {
  await using opened = new AsyncDisposableStack();
  const { max, ...where } = options;
  const directory = join(import.meta.dirname, '..');
  const connectionString = await connectionStringFor(definition, { directory, ...where });
  const website = opened.use(createDatabasePool({ connectionString, max }));
  const shared = opened.use(await openSharedPool(options));
  const pools = opened.move();
  return { website, shared, [Symbol.asyncDispose]: () => pools.disposeAsync() };
}
