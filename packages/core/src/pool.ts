import { join } from 'node:path';
import { createDatabasePool, type DatabasePool } from '@atriz/database';
import { connectionStringFor } from '@atriz/database/workspace';
import { sharedDatabase } from './definition.ts';

export interface SharedPoolOptions {
  /** At most so many connections. Default: as `createDatabasePool`, `DB_POOL_MAX` or 10. */
  readonly max?: number;
  /** The variables that say where the database is. Default: those of this process. */
  readonly variables?: Readonly<Record<string, string | undefined>>;
}

/** This package's directory, from `src/` and from `dist/` alike. */
const DIRECTORY = join(import.meta.dirname, '..');

/**
 * Makes a pool on the shared database, wherever `SHARED_DATABASE_URL` or the family's other settings say it is.
 * The caller closes it. Rejects as `connectionStringFor` does when nothing says where the database is.
 */
export async function openSharedPool({ max, ...where }: SharedPoolOptions = {}): Promise<DatabasePool> {
  const connectionString = await connectionStringFor(sharedDatabase, { directory: DIRECTORY, ...where });
  return createDatabasePool({ connectionString, max });
}
