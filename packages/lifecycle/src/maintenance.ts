import { AtrizError } from '@atriz/database';
import type pg from 'pg';
import type { Context } from './context.ts';
import { withSession } from './session.ts';
import type { Target } from './target.ts';

/**
 * Runs `work` on the target's server but outside its database: in `postgres`, PostgreSQL's own place for
 * administration, or in `template1` where that was removed. CREATE and DROP DATABASE cannot run inside their object.
 */
export async function withMaintenanceSession<Result>(
  { parameters }: Target,
  context: Context,
  work: (client: pg.Client) => Promise<Result>,
): Promise<Result> {
  try {
    return await withSession({ ...parameters, database: 'postgres' }, context, work);
  } catch (error) {
    if (!(error instanceof AtrizError) || error.code !== 'DATABASE_MISSING') throw error;
    return withSession({ ...parameters, database: 'template1' }, context, work);
  }
}
