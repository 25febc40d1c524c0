import { join } from 'node:path';
import { openApplicationPools, type ApplicationPools, type SharedPoolOptions } from '@atriz/core';
import definition from '../database.config.ts';

/**
 * Makes the pools of this application's own database and of the shared one; see `openApplicationPools`.
 *
 * @example
 * await using pools = await openPools();
 * await pools.own.query('SELECT 1');
 */
export function openPools(options: SharedPoolOptions = {}): Promise<ApplicationPools> {
  return openApplicationPools(definition, {
    directory: join(import.meta.dirname, '..'),
    sharedRole: 'app',
    ...options,
  });
}
