import { setTimeout as wait } from 'node:timers/promises';
import { AtrizError, sqlState } from '@atriz/database';
import { withMaintenanceSession, type Target } from '@atriz/lifecycle';
import pg from 'pg';
import { placeOf } from './plan.ts';
import { readProperties, takeOver, type DatabaseProperties } from './properties.ts';

/** A new name for a database. */
export interface Rename {
  readonly from: string;
  readonly to: string;
}

/** A database that takes a name, and the one that has it now and makes room. */
export interface Swap {
  readonly from: string;
  readonly to: string;
  /** What the database called `to` is called then; undefined when there is none. */
  readonly aside: string | undefined;
}

const PAUSE_MS = 50;
const REFUSALS: Readonly<Record<string, string>> = {
  '55006': 'sessions that this login may not end, or prepared transactions, are in it',
  '42501': 'the login may not rename it, for which it has to own it and have CREATEDB',
  '3D000': 'somebody renamed or dropped it meanwhile',
  '42P04': 'somebody took the new name meanwhile',
};

/**
 * Gives databases of one server their new names, all of them or none, however it ends: it is one transaction, so after
 * a crash of the server, of the network or of the caller the names are all old or all new. What takes a name also takes
 * over the properties that the database before it had: owner, grants, settings and limit of connections.
 *
 * Sessions in the databases are ended. Whoever connects meanwhile waits for the end of the transaction, which is a
 * matter of milliseconds, and is then told by PostgreSQL that the database was just renamed; at the next try they are
 * in the new one. The caller cannot interrupt it.
 *
 * Throws `RESTORE_BLOCKED` (a session stays for five seconds after it was ended, or the login may not), and connection errors.
 */
export async function swapDatabases(target: Target, swaps: readonly Swap[]): Promise<void> {
  const renames = [
    ...swaps.flatMap(({ to, aside }) => (aside === undefined ? [] : [{ from: to, to: aside }])),
    ...swaps.map(({ from, to }) => ({ from, to })),
  ];
  await withMaintenanceSession(target, {}, async (client) => {
    const properties: (DatabaseProperties | undefined)[] = [];
    for (const { to, aside } of swaps) {
      properties.push(aside === undefined ? undefined : await readProperties(client, to));
    }
    await endingSessions(target, renames, async () => {
      await client.query('BEGIN');
      for (const each of renames) await rename(client, each, target);
      for (const [index, { to }] of swaps.entries()) {
        if (properties[index]) await takeOver(client, to, properties[index]);
      }
      await client.query('COMMIT');
    });
  });
}

async function rename(client: pg.Client, { from, to }: Rename, target: Target): Promise<void> {
  try {
    await client.query(`ALTER DATABASE ${pg.escapeIdentifier(from)} RENAME TO ${pg.escapeIdentifier(to)}`);
  } catch (error) {
    const reason = REFUSALS[sqlState(error)];
    if (reason === undefined) throw error;
    const detail = error instanceof pg.DatabaseError && error.detail ? ` (${error.detail})` : '';
    throw new AtrizError(
      'RESTORE_BLOCKED',
      `"${from}" on ${placeOf(target)} could not be renamed to "${to}": ${reason}${detail}; every name is as it was`,
      { hint: 'mend that, and run the command again', cause: error },
    );
  }
}

/**
 * Ends whatever sessions are in the databases while `work` renames them. RENAME first locks the database against new
 * ones, and then waits five seconds for those that are there.
 */
async function endingSessions(target: Target, renames: readonly Rename[], work: () => Promise<void>): Promise<void> {
  const names = renames.map(({ from }) => from);
  await withMaintenanceSession(target, {}, async (other) => {
    const stop = new AbortController();
    const working = work().finally(() => stop.abort());
    // Those that may not be ended are left out: then the renaming itself fails, and says so.
    const ending = async (): Promise<void> => {
      while (!stop.signal.aborted) {
        await other.query(END_SESSIONS, [names]).catch(() => undefined);
        await wait(PAUSE_MS);
      }
    };
    const ended = ending();
    try {
      await working;
    } finally {
      await ended;
    }
  });
}

/** A superuser's session is only a superuser's to end; to ask for it would fail for all of them. */
const END_SESSIONS = `
SELECT pg_terminate_backend(pid)
  FROM pg_stat_activity LEFT JOIN pg_roles ON pg_roles.oid = usesysid
 WHERE datname = ANY ($1) AND pid <> pg_backend_pid()
   AND ((SELECT rolsuper FROM pg_roles WHERE rolname = current_user)
        OR (NOT pg_roles.rolsuper AND (pg_has_role(usesysid, 'USAGE') OR pg_has_role('pg_signal_backend', 'USAGE'))))`;
