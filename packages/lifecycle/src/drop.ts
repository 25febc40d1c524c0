import { AtrizError } from '@atriz/database';
import pg from 'pg';
import type { Context } from './context.ts';
import { refuseDestruction } from './guard.ts';
import { withMaintenanceSession } from './maintenance.ts';
import { refuseReset } from './safety.ts';
import { withSession } from './session.ts';
import type { Target } from './target.ts';

/**
 * Drops the database, ending the sessions that use it; returns whether there was one.
 * Throws `DESTRUCTIVE_REFUSED`, `IDENTITY_MISMATCH` (see `refuseDestruction`) and connection errors.
 */
export async function dropDatabase(target: Target, context: Context = {}): Promise<{ readonly dropped: boolean }> {
  refuseReset(target, 'drop');
  try {
    await withSession(target.parameters, context, (client) => refuseDestruction(client, target, 'drop', context));
  } catch (error) {
    if (error instanceof AtrizError && error.code === 'DATABASE_MISSING') return { dropped: false };
    throw error;
  }
  const { database } = target.parameters;
  context.onProgress?.(`dropping database "${database}"`);
  return withMaintenanceSession(target, context, async (client) => {
    await client.query(`DROP DATABASE IF EXISTS ${pg.escapeIdentifier(database)} WITH (FORCE)`);
    return { dropped: true };
  });
}
