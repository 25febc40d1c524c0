import { AtrizError } from '@atriz/database';
import { holdsData } from '../backup-record.ts';
import type { Context } from '../context.ts';
import { withSession } from '../session.ts';
import type { Target } from '../target.ts';
import type { MigrateOptions } from './migrate.ts';
import { directoryOf, readMigrationFiles } from './migration-file.ts';
import { findObstacles, refuse } from './obstacles.ts';
import { readStanding } from './standing.ts';
import { readUnits } from './unit.ts';

/** What a run of `up` would put at stake in one database. */
export interface Stake {
  /** The names of what would be applied, oldest first. */
  readonly pending: readonly string[];
  /** Whether there is a table that could be harmed. */
  readonly holdsData: boolean;
}

/**
 * Reads what `migrateUp` would apply, and whether there is anything to lose; `undefined` where the server has no such
 * database. Writes nothing. Throws what keeps `up` from beginning, as `migrateUp` does, what the context's
 * `inspectPending` throws, and connection errors.
 */
export async function readStake(
  target: Target,
  { count, allowOutOfOrder }: Pick<MigrateOptions, 'count' | 'allowOutOfOrder'> = {},
  context: Context = {},
): Promise<Stake | undefined> {
  const files = context.migrationFiles ?? (await readMigrationFiles(directoryOf(target)));
  try {
    return await withSession(target.parameters, context, async (client) => {
      const standing = await readStanding(client, target, files);
      await refuse(client, standing, findObstacles(standing, target, { outOfOrder: allowOutOfOrder }));
      const pending = standing.pending.slice(0, count);
      await readUnits(pending, 'up');
      if (pending.length > 0) await context.inspectPending?.(pending, target);
      return { pending: pending.map(({ name }) => name), holdsData: await holdsData(client, target) };
    });
  } catch (error) {
    if (error instanceof AtrizError && error.code === 'DATABASE_MISSING') return undefined;
    throw error;
  }
}
