import { AtrizError, sqlState } from '@atriz/database';
import type { Target } from '@atriz/lifecycle';
import pg from 'pg';

/**
 * Every table with rows of its own or of its partitions that is not the system's. What belongs to an extension, and
 * what is another session's temporary table, is not ours to lock.
 */
const TABLES = `
SELECT nspname AS schema, relname AS name FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
 WHERE relkind IN ('r', 'p') AND relpersistence <> 't' AND nspname <> 'information_schema' AND nspname !~ '^pg_'
   AND NOT EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_class'::regclass AND objid = pg_class.oid AND deptype = 'e')
 ORDER BY 1, 2`;

const NO_SUCH_TABLE = '42P01';
const NO_SUCH_SCHEMA = '3F000';
const LOCK_NOT_AVAILABLE = '55P03';
const PERMISSION_DENIED = '42501';

/** The statement that opens a transaction and keeps all tables from being altered, truncated or dropped. */
export async function lockStatement(client: pg.ClientBase): Promise<string> {
  const { rows } = await client.query<{ schema: string; name: string }>(TABLES);
  const begin = 'BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY';
  if (rows.length === 0) return begin;
  const names = rows.map(({ schema, name }) => `${pg.escapeIdentifier(schema)}.${pg.escapeIdentifier(name)}`);
  return `${begin}; LOCK TABLE ONLY ${names.join(', ONLY ')} IN ACCESS SHARE MODE`;
}

/** Whether a table went between the listing and the lock: the next try lists again. */
export function isGone(error: unknown): boolean {
  return [NO_SUCH_TABLE, NO_SUCH_SCHEMA].includes(sqlState(error));
}

/** What a refused lock means; other errors are returned as they are. */
export function toLockError(error: unknown, { parameters }: Target): unknown {
  switch (sqlState(error)) {
    case LOCK_NOT_AVAILABLE:
      return new AtrizError(
        'LOCK_TIMEOUT',
        `a table of "${parameters.database}" is being altered by another session, and was not free in time`,
        { hint: 'wait for it to end (pg_stat_activity shows it), and run the command again', cause: error },
      );
    case PERMISSION_DENIED:
      return new AtrizError(
        'PERMISSION_DENIED',
        `user "${parameters.user}" may not read all tables of "${parameters.database}": ${(error as Error).message}`,
        { hint: 'run: atriz roles apply, or connect as a user who may become the backup role', cause: error },
      );
    default:
      return error;
  }
}
