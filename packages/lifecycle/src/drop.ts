import { AtrizError, sqlState } from '@atriz/database';
import pg from 'pg';
import type { Context } from './context.ts';
import { refuseDestruction } from './guard.ts';
import { withMaintenanceSession } from './maintenance.ts';
import { readAppliedRoles } from './roles/layer-roles.ts';
import { refuseReset } from './safety.ts';
import { withSession } from './session.ts';
import type { Target } from './target.ts';

/**
 * Drops the database, ending the sessions that use it, and the roles that were made for it, unless something elsewhere
 * depends on them; returns whether there was one. Throws `DESTRUCTIVE_REFUSED`, `IDENTITY_MISMATCH` (see
 * `refuseDestruction`) and connection errors.
 */
export async function dropDatabase(target: Target, context: Context = {}): Promise<{ readonly dropped: boolean }> {
  return drop(target, context, { keepRoles: false });
}

/** {@link dropDatabase} of one that is made anew at once: its roles stay, and the passwords that somebody gave them. */
export async function dropDatabaseOnly(target: Target, context: Context): Promise<void> {
  await drop(target, context, { keepRoles: true });
}

async function drop(
  target: Target,
  context: Context,
  { keepRoles }: { readonly keepRoles: boolean },
): Promise<{ readonly dropped: boolean }> {
  refuseReset(target, 'drop');
  let roles: readonly string[] = [];
  try {
    await withSession(target.parameters, context, async (client) => {
      await refuseDestruction(client, target, 'drop', context);
      if (!keepRoles) roles = await readAppliedRoles(client);
    });
  } catch (error) {
    if (error instanceof AtrizError && error.code === 'DATABASE_MISSING') return { dropped: false };
    throw error;
  }
  const { database } = target.parameters;
  context.onProgress?.(`dropping database "${database}"`);
  return withMaintenanceSession(target, context, async (client) => {
    await client.query(`DROP DATABASE IF EXISTS ${pg.escapeIdentifier(database)} WITH (FORCE)`);
    for (const role of roles) await dropRole(client, role, context);
    return { dropped: true };
  });
}

const KEPT: Readonly<Record<string, string>> = {
  '2BP01': 'something elsewhere depends on it',
  '42501': 'who made it may drop it',
};

async function dropRole(client: pg.Client, role: string, { onProgress }: Context): Promise<void> {
  try {
    await client.query(`DROP ROLE IF EXISTS ${pg.escapeIdentifier(role)}`);
  } catch (error) {
    const reason = KEPT[sqlState(error)];
    if (reason === undefined) throw error;
    onProgress?.(`role ${role} stays: ${reason}`);
  }
}
