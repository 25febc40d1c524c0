import { join } from 'node:path';
import type { DatabasePool } from '@atriz/database';
import { sharedDatabase } from './definition.ts';
import { openReadyPool } from './ready-pool.ts';

export interface SharedPoolOptions {
  /** At most so many connections. Default: as `createDatabasePool`, `DB_POOL_MAX` or 10. */
  readonly max?: number | undefined;
  /** The variables that say where the database is. Default: those of this process. */
  readonly variables?: Readonly<Record<string, string | undefined>> | undefined;
}

/** This package's directory, from `src/` and from `dist/` alike. */
export const DIRECTORY = join(import.meta.dirname, '..');

/**
 * Makes a pool on the shared database, wherever `SHARED_DATABASE_URL` or the family's other settings say it is.
 * The caller closes it. Rejects as `connectionStringFor` does when nothing says where the database is, and as
 * `assertReady` does when it is not the one, or too old for this code.
 */
export function openSharedPool(options: SharedPoolOptions = {}): Promise<DatabasePool> {
  return openReadyPool(sharedDatabase, { directory: DIRECTORY, role: 'app', ...options });
}
