import { AtrizError, sqlState } from '@atriz/database';
import { withMaintenanceSession, withSession, type Context, type Target } from '@atriz/lifecycle';
import pg from 'pg';
import { UNFINISHED_PREFIX } from './names.ts';
import { placeOf, type PlannedDatabase } from './plan.ts';

/** Whoever fills an unfinished database, or replaces one, holds this lock in the maintenance database while he lives. */
const LOCK = 'hashtextextended($1, 7241865329)';

/** Not ours to drop, in use, or gone meanwhile: none of them is a reason to stop. */
const LEAVE_ALONE = new Set(['42501', '55006', '3D000']);

const LEFTOVERS = `SELECT datname AS name FROM pg_database WHERE datname ~ '^${UNFINISHED_PREFIX}[0-9a-f]{12}$'`;

/**
 * Runs `work`, which makes and fills the planned databases under their unfinished names, and drops those that have the
 * name still when it ends. What killed restores left on these servers is dropped first; what another one fills now is
 * known by its lock, and left alone.
 *
 * Throws `RESTORE_BLOCKED` when somebody replaces one of the databases right now, and what `work` throws.
 */
export async function withUnfinished<Result>(
  planned: readonly PlannedDatabase[],
  context: Context,
  work: () => Promise<Result>,
): Promise<Result> {
  const { signal: _, ...rest } = context; // these sessions outlive an interruption, to drop what was made
  const servers = [...Map.groupBy(planned, ({ target }) => placeOf(target)).values()];
  const open = async ([first, ...others]: PlannedDatabase[][]): Promise<Result> => {
    if (first === undefined) return work();
    return withMaintenanceSession(first[0]!.target, rest, async (client) => {
      await client.query(`SELECT set_config('idle_session_timeout', '0', false)`);
      for (const each of first) await take(client, each);
      await dropLeftovers(client);
      return open(others);
    });
  };
  let isFull = false;
  try {
    return await open(servers);
  } catch (error) {
    isFull = error instanceof AtrizError && error.code === 'DISK_FULL';
    throw error;
  } finally {
    for (const { target, unfinishedName } of planned) {
      if (isFull) await makeRoom(target, unfinishedName);
      // The first error wins; a server that is gone keeps it until the next restore.
      await dropDatabaseOf(target, unfinishedName).catch(() => undefined);
    }
  }
}

/**
 * Drops tables of a database that is to be dropped, the largest first. DROP DATABASE begins with a checkpoint, which
 * brings a server down whose disk is full to the last byte; DROP TABLE gives room back and needs none.
 */
async function makeRoom({ parameters }: Target, databaseName: string): Promise<void> {
  try {
    await withSession({ ...parameters, database: databaseName }, {}, async (client) => {
      const { rows } = await client.query<{ name: string }>(LARGEST_TABLES);
      for (const { name } of rows) await client.query(`DROP TABLE IF EXISTS ${name} CASCADE`);
    });
  } catch {
    // what cannot be made is left to DROP DATABASE; the error that led here is the one to tell
  }
}

const LARGEST_TABLES = `
SELECT oid::regclass::text AS name FROM pg_class WHERE relkind = 'r' AND oid >= 16384
 ORDER BY pg_table_size(oid) DESC LIMIT 10`;

async function take(client: pg.Client, { unfinishedName, finalName, target }: PlannedDatabase): Promise<void> {
  await client.query(`SELECT pg_advisory_lock(${LOCK})`, [unfinishedName]);
  const { rows } = await client.query<{ locked: boolean }>(`SELECT pg_try_advisory_lock(${LOCK}) AS locked`, [
    `restore to ${finalName}`,
  ]);
  if (rows[0]!.locked) return;
  throw new AtrizError('RESTORE_BLOCKED', `another restore to "${finalName}" on ${placeOf(target)} is under way`, {
    hint: 'wait for its end',
  });
}

async function dropLeftovers(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ name: string }>(LEFTOVERS);
  for (const { name } of rows) {
    const lock = await client.query<{ locked: boolean }>(`SELECT pg_try_advisory_lock(${LOCK}) AS locked`, [name]);
    if (!lock.rows[0]!.locked) continue;
    try {
      await client.query(`DROP DATABASE IF EXISTS ${pg.escapeIdentifier(name)} WITH (FORCE)`);
    } catch (error) {
      if (!LEAVE_ALONE.has(sqlState(error))) throw error;
    } finally {
      await client.query(`SELECT pg_advisory_unlock(${LOCK})`, [name]);
    }
  }
}

/** Drops a database of the target's server, ending the sessions in it; one that is not there is no failure. */
export async function dropDatabaseOf(target: Target, databaseName: string): Promise<void> {
  await withMaintenanceSession(target, {}, async (client) => {
    await client.query(`DROP DATABASE IF EXISTS ${pg.escapeIdentifier(databaseName)} WITH (FORCE)`);
  });
}
