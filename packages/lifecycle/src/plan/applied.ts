import { AtrizError } from '@atriz/database';
import type { Context } from '../context.ts';
import { checkIdentity, readIdentity } from '../ledger/identity.ts';
import { readHistory } from '../migrations/history.ts';
import { directoryOf, readMigrationFiles } from '../migrations/migration-file.ts';
import { withSession } from '../session.ts';
import { withSquashedNames } from '../squash/standing.ts';
import type { Target } from '../target.ts';

/**
 * Reads the names of what is applied to a database, with those that are in a squash of it; `undefined` where the server
 * has no such database. Writes nothing. Throws `IDENTITY_MISMATCH` for a database that is another one, and connection errors.
 */
export async function readApplied(target: Target, context: Context): Promise<ReadonlySet<string> | undefined> {
  try {
    const history = await withSession(target.parameters, context, async (client) => {
      const identity = await readIdentity(client);
      if (identity) checkIdentity(identity, target);
      return readHistory(client, target.database.migrationsTable);
    });
    return await withSquashedNames(history, await readMigrationFiles(directoryOf(target)).catch(() => []));
  } catch (error) {
    if (error instanceof AtrizError && error.code === 'DATABASE_MISSING') return undefined;
    throw error;
  }
}
