import { randomBytes } from 'node:crypto';
import { AtrizError, sqlState } from '@atriz/database';
import pg from 'pg';
import type { Context } from './context.ts';
import { mayNotCreate } from './create.ts';
import { withMaintenanceSession } from './maintenance.ts';
import { localeClauses, type DatabaseRow } from './scratch-locale.ts';
import type { Target } from './target.ts';

/** All scratch databases begin with this, so that a person can tell and drop them. */
export const SCRATCH_PREFIX = 'atriz_scratch_';

const PERMISSION_DENIED = '42501';
/** Not ours to drop, in use, or gone meanwhile: none of them is a reason to stop. */
const LEAVE_ALONE = new Set([PERMISSION_DENIED, '55006', '3D000']);

/** Whoever works in a scratch database holds this lock, in the maintenance database, for as long as he lives. */
const OWNER_LOCK = `hashtextextended($1, 7241865325)`;

/**
 * Runs `work` on a new, empty database beside the target's, of the same definition, and drops it whatever happens. Its
 * environment is `development`: what destroys is allowed there.
 *
 * It is copied from `template0`, with the encoding and locale of the target's database: nothing is in it that a server's
 * administrator put into `template1`, and no session can be in the way of the copy. When `context.signal` aborts,
 * sessions in it are ended and it is dropped at once; the promise rejects with `INTERRUPTED` when `work` has ended too.
 * Those that a killed process left behind are dropped by the next call; one in use is never touched.
 *
 * Throws `PERMISSION_DENIED` (the user may not create databases), connection errors, and what `work` throws.
 */
export async function withScratchDatabase<Result>(
  target: Target,
  context: Context,
  work: (scratch: Target) => Promise<Result>,
): Promise<Result> {
  const { signal, ...rest } = context; // this session must outlive the work, to drop what it made
  if (signal?.aborted) throw interrupted();
  const name = `${SCRATCH_PREFIX}${randomBytes(6).toString('hex')}`;
  return withMaintenanceSession(target, rest, async (client) => {
    await client.query(`SELECT pg_advisory_lock(${OWNER_LOCK})`, [name]);
    await removeLeftovers(client);
    await create(client, target, name);
    return workAndDrop(target, { name, signal, work });
  });
}

interface Work<Result> {
  readonly name: string;
  readonly signal: AbortSignal | undefined;
  readonly work: (scratch: Target) => Promise<Result>;
}

async function workAndDrop<Result>(target: Target, { name, signal, work }: Work<Result>): Promise<Result> {
  const stopping: Promise<void>[] = [];
  const stop = (): void => void stopping.push(drop(target, name).catch(() => undefined));
  signal?.addEventListener('abort', stop, { once: true });
  let result;
  try {
    if (signal?.aborted) throw interrupted();
    result = await work({
      ...target,
      environment: 'development',
      parameters: { ...target.parameters, database: name },
      settings: [],
    });
  } catch (error) {
    await Promise.all(stopping);
    await drop(target, name).catch(() => undefined); // the first error wins; the next call removes what is left
    throw signal?.aborted ? interrupted() : error;
  } finally {
    signal?.removeEventListener('abort', stop);
  }
  await drop(target, name);
  if (signal?.aborted) throw interrupted();
  return result;
}

async function create(client: pg.Client, target: Target, name: string): Promise<void> {
  const { database, user } = target.parameters;
  const { rows } = await client.query<{ row: DatabaseRow }>(
    'SELECT to_jsonb(pg_database) || jsonb_build_object($2::text, pg_encoding_to_char(encoding)) AS row FROM pg_database WHERE datname = $1',
    [database, 'encoding'],
  );
  const locale = rows[0] === undefined ? '' : localeClauses(rows[0].row);
  try {
    await client.query(`CREATE DATABASE ${pg.escapeIdentifier(name)} TEMPLATE template0 ${locale}`);
  } catch (error) {
    throw sqlState(error) === PERMISSION_DENIED ? mayNotCreate(user, name, error) : error;
  }
}

/** In a session of its own: the one that holds the lock may have been ended by the server meanwhile. */
function drop(target: Target, name: string): Promise<void> {
  return withMaintenanceSession(target, {}, async (client) => {
    await client.query(`DROP DATABASE IF EXISTS ${pg.escapeIdentifier(name)} WITH (FORCE)`);
  });
}

const LEFTOVERS = `
SELECT datname AS name FROM pg_database
 WHERE datname ~ '^${SCRATCH_PREFIX}[0-9a-f]{12}$'
   AND NOT EXISTS (SELECT FROM pg_stat_activity WHERE pg_stat_activity.datname = pg_database.datname)`;

/** Whose lock is free has no owner. Where sessions are left all the same, none is ended: the next call looks again. */
async function removeLeftovers(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ name: string }>(LEFTOVERS);
  for (const { name } of rows) {
    const lock = await client.query<{ locked: boolean }>(`SELECT pg_try_advisory_lock(${OWNER_LOCK}) AS locked`, [
      name,
    ]);
    if (!lock.rows[0]!.locked) continue;
    try {
      await client.query(`DROP DATABASE IF EXISTS ${pg.escapeIdentifier(name)}`);
    } catch (error) {
      if (!LEAVE_ALONE.has(sqlState(error))) throw error;
    } finally {
      await client.query(`SELECT pg_advisory_unlock(${OWNER_LOCK})`, [name]);
    }
  }
}

function interrupted(): AtrizError {
  return new AtrizError('INTERRUPTED', 'interrupted; the scratch database was dropped', {
    hint: 'run the command again',
  });
}
