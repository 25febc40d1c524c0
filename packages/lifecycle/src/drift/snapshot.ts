import { AtrizError, sqlState } from '@atriz/database';
import type pg from 'pg';
import type { Context } from '../context.ts';
import { withReadOnly } from '../read-only.ts';
import { withSession } from '../session.ts';
import type { Target } from '../target.ts';
import type { Catalog } from './catalog.ts';
import { readCatalog } from './read-catalog.ts';

const LOCK_WAIT_MS = 10_000;
const LOCK_NOT_AVAILABLE = '55P03';

/**
 * Runs `work` in a session of its own, in a transaction that sees the database as it is at one moment and cannot write.
 *
 * To word a view's definition PostgreSQL takes the lightest lock on it, which only ALTER TABLE and its like hold up.
 * Throws `LOCK_TIMEOUT` when that takes longer than `context.lockWaitMs`, by default 10 s.
 */
export function withSnapshot<Result>(
  target: Target,
  context: Context,
  work: (client: pg.ClientBase) => Promise<Result>,
): Promise<Result> {
  const { lockWaitMs = LOCK_WAIT_MS } = context;
  return withSession(target.parameters, context, async (session) => {
    try {
      return await withReadOnly(session, async (client) => {
        await client.query(`SET LOCAL lock_timeout = ${lockWaitMs}`);
        return work(client);
      });
    } catch (error) {
      throw sqlState(error) === LOCK_NOT_AVAILABLE ? tableLocked(target, lockWaitMs, error) : error;
    }
  });
}

function tableLocked({ parameters }: Target, waitMs: number, cause: unknown): AtrizError {
  const message = `a table of "${parameters.database}" is being altered by another session, and was not free within ${waitMs / 1000} s`;
  return new AtrizError('LOCK_TIMEOUT', message, {
    hint: 'wait for it to end (pg_stat_activity shows it), and run the command again',
    cause,
  });
}

/** Reads the schema of a database as it is at one moment; see `readCatalog` for what is left out. */
export function readSnapshot(target: Target, context: Context): Promise<Catalog> {
  return withSnapshot(target, context, (client) => readCatalog(client, target.database.migrationsTable));
}
