import { assertReady, createDatabasePool, type DatabasePool, type Definition } from '@atriz/database';
import { connectionStringFor, readFamilyName } from '@atriz/database/workspace';

export interface ReadyPoolOptions {
  /** The directory of the package that owns the definition: its `.env` and its migrations count. */
  readonly directory: string;
  readonly max?: number | undefined;
  /** Default: the variables of this process. */
  readonly variables?: Readonly<Record<string, string | undefined>> | undefined;
}

/** A pool on a definition's database, which has been asked whether it is the one, and new enough for this code. */
export async function openReadyPool(
  definition: Definition,
  { directory, max, variables }: ReadyPoolOptions,
): Promise<DatabasePool> {
  const where = variables ? { directory, variables } : { directory };
  const [connectionString, family] = await Promise.all([
    connectionStringFor(definition, where),
    readFamilyName(directory),
  ]);
  const pool = createDatabasePool({ connectionString, max });
  try {
    await assertReady(pool, definition, { directory, family });
    return pool;
  } catch (error) {
    await pool.close();
    throw error;
  }
}
