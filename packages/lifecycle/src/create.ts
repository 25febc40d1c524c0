import { setTimeout as wait } from 'node:timers/promises';
import { AtrizError, sqlState } from '@atriz/database';
import pg from 'pg';
import type { Context } from './context.ts';
import { checkIdentity, readIdentity } from './ledger/identity.ts';
import { withMaintenanceSession } from './maintenance.ts';
import { withSession } from './session.ts';
import type { Target } from './target.ts';

const ALREADY_THERE = new Set(['42P04', '23505']); // the second when two CREATE DATABASE race
const TEMPLATE_IN_USE = '55006';
const PERMISSION_DENIED = '42501';
const TRIES = 20;

/**
 * Makes the database when it does not exist; returns whether it did. Throws `IDENTITY_MISMATCH` (there is one, and it is
 * another's), `PERMISSION_DENIED` and connection errors.
 */
export async function createDatabase(target: Target, context: Context = {}): Promise<{ readonly created: boolean }> {
  if (await databaseExists(target, context)) return { created: false };
  const { database, user } = target.parameters;
  context.onProgress?.(`creating database "${database}"`);
  return withMaintenanceSession(target, context, async (client) => {
    for (let attempt = 1; ; attempt += 1) {
      try {
        await client.query(`CREATE DATABASE ${pg.escapeIdentifier(database)}`);
        return { created: true };
      } catch (error) {
        const state = sqlState(error);
        if (ALREADY_THERE.has(state)) return { created: false };
        if (state === PERMISSION_DENIED) throw mayNotCreate(user, database, error);
        // Somebody is connected to template1, or copies it: a moment's matter.
        if (state !== TEMPLATE_IN_USE || attempt === TRIES) throw error;
        await wait(100);
      }
    }
  });
}

/** Asks the database itself first: a user who may connect to it need not be allowed anywhere else. */
async function databaseExists(target: Target, context: Context): Promise<boolean> {
  try {
    return await withSession(target.parameters, context, async (client) => {
      const identity = await readIdentity(client);
      if (identity) checkIdentity(identity, target);
      return true;
    });
  } catch (error) {
    if (error instanceof AtrizError && error.code === 'DATABASE_MISSING') return false;
    throw error;
  }
}

/** What `PERMISSION_DENIED` says where CREATE DATABASE was refused. */
export function mayNotCreate(user: string, database: string, cause: unknown): AtrizError {
  return new AtrizError('PERMISSION_DENIED', `user "${user}" may not create database "${database}"`, {
    hint: `let an administrator run: ALTER ROLE ${pg.escapeIdentifier(user)} CREATEDB`,
    cause,
  });
}
