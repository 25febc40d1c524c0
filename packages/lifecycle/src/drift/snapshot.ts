import { AtrizError, sqlState } from '@atriz/database';
import type pg from 'pg';
import type { Context } from '../context.ts';
import { withSession } from '../session.ts';
import type { Target } from '../target.ts';
import type { Catalog } from './catalog.ts';
import { readCatalog } from './read-catalog.ts';

/** Begins what sees one state of the database and cannot write to it. */
const BEGIN_READING = 'BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY';
const LOCK_WAIT_MS = 10_000;
const LOCK_NOT_AVAILABLE = '55P03';

/**
 * Runs `work` in a read-only transaction that sees the database as it is at one moment; it is rolled back.
 *
 * To word a view's definition PostgreSQL takes the lightest lock on it, which only ALTER TABLE and its like hold up.
 * Throws `LOCK_TIMEOUT` when that takes longer than `context.lockWaitMs`, by default 10 s.
 */
export function withReadOnly<Result>(
  target: Target,
  context: Context,
  work: (client: pg.Client) => Promise<Result>,
): Promise<Result> {
  const { lockWaitMs = LOCK_WAIT_MS } = context;
  return withSession(target.parameters, context, async (client) => {
    await client.query(`${BEGIN_READING}; SET LOCAL lock_timeout = ${lockWaitMs}`);
    try {
      return await work(client);
    } catch (error) {
      throw sqlState(error) === LOCK_NOT_AVAILABLE ? tableLocked(target, lockWaitMs, error) : error;
    } finally {
      await client.query('ROLLBACK').catch(() => undefined); // the session ends here, and the transaction with it
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
  return withReadOnly(target, context, (client) => readCatalog(client, target.database.migrationsTable));
}
