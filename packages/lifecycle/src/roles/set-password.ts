import { AtrizError, sqlState } from '@atriz/database';
import pg from 'pg';
import type { Context } from '../context.ts';
import { requireIdentity } from '../ledger/required-identity.ts';
import { withSession } from '../session.ts';
import type { Target } from '../target.ts';
import { roleNames, type RoleKind } from './names.ts';
import { scramVerifier } from './password.ts';

const PERMISSION_DENIED = '42501';
const NO_SUCH_ROLE = '42704';

/**
 * Gives one role of the database a password, and returns the role's name. Sessions that the role has stay.
 *
 * Throws `ARGUMENT_INVALID` (the password is empty, or not of printable ASCII), `ROLES_DRIFTED` (there is no such role
 * yet), `PERMISSION_DENIED`, `NOT_MIGRATED`, `IDENTITY_MISMATCH` and connection errors.
 */
export async function setRolePassword(
  target: Target,
  { role, password }: { readonly role: RoleKind; readonly password: string },
  context: Context = {},
): Promise<{ readonly role: string }> {
  const name = roleNames(target.parameters.database)[role];
  const verifier = scramVerifier(password);
  return withSession(target.parameters, context, async (client) => {
    await requireIdentity(client, target);
    try {
      await client.query(`ALTER ROLE ${pg.escapeIdentifier(name)} PASSWORD ${pg.escapeLiteral(verifier)}`);
    } catch (error) {
      throw explain(error, name, target);
    }
    return { role: name };
  });
}

function explain(cause: unknown, role: string, { parameters: { user } }: Target): unknown {
  if (sqlState(cause) === NO_SUCH_ROLE) {
    return new AtrizError('ROLES_DRIFTED', `role ${role} is missing`, {
      hint: 'make it with: atriz roles apply',
      cause,
    });
  }
  if (sqlState(cause) !== PERMISSION_DENIED) return cause;
  return new AtrizError('PERMISSION_DENIED', `user "${user}" may not set the password of role ${role}`, {
    hint: 'run it as who made the role, or as a superuser',
    cause,
  });
}
