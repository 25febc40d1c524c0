import { AtrizError } from '@atriz/database';
import type pg from 'pg';
import { requireIdentity } from '../ledger/required-identity.ts';
import { placeOf, type Target } from '../target.ts';
import { readRoleCatalog, type RoleCatalog } from './catalog.ts';
import { ROLES_VERSION } from './layer.ts';
import { roleNames, type RoleNames } from './names.ts';
import { planRoles, type RoleChange } from './plan.ts';
import { findUnknown } from './privileges.ts';

/** How a database stands to the roles that it should have. */
export interface RoleStanding {
  readonly catalog: RoleCatalog;
  readonly changes: readonly RoleChange[];
}

/**
 * Reads and compares; writes nothing. Throws `NOT_MIGRATED`, `IDENTITY_MISMATCH`, `DEFINITION_INVALID` (`access` names
 * what is not there) and `ROLES_DRIFTED` (a newer Atriz made the roles).
 */
export async function readRoleStanding(
  client: pg.ClientBase,
  target: Target,
  names: RoleNames = roleNames(target.parameters.database),
): Promise<RoleStanding> {
  await requireIdentity(client, target);
  const catalog = await readRoleCatalog(client, names);
  refuseNewer(catalog, target);
  const { access, migrationsTable } = target.database;
  const unknown = findUnknown(catalog.objects, access);
  if (unknown.length > 0) throw namesUnknown(unknown, target);
  return { catalog, changes: planRoles(catalog, names, { access, migrationsTable }) };
}

function refuseNewer({ version }: RoleCatalog, target: Target): void {
  if (version === undefined || version <= ROLES_VERSION) return;
  const message = `the roles of ${placeOf(target)} are of version ${version}, made by a newer Atriz; this one knows ${ROLES_VERSION}`;
  throw new AtrizError('ROLES_DRIFTED', message, { hint: 'use the Atriz that made them, or a newer one' });
}

function namesUnknown(unknown: readonly string[], target: Target): AtrizError {
  const message = `access of ${target.database.name} names what ${placeOf(target)} has not: ${unknown.join(', ')}`;
  return new AtrizError('DEFINITION_INVALID', message, { hint: 'correct it in database.config.ts, or migrate first' });
}
