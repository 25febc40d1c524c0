import { AtrizError, sqlState, type RequestedDeletions } from '@atriz/database';
import { formatColumn, parseColumn, parseTable, type ColumnName, type Family } from '@atriz/database/workspace';
import pg from 'pg';
import { qualified } from '../identifiers.ts';
import { findFinishedDeletion } from '../references/deletion-state.ts';
import { deleteReferenced } from '../references/deletion.ts';
import type { FamilyAccess } from '../references/session.ts';

/** What became of a row whose deletion was asked for. */
export type DeletionOutcome =
  | { readonly key: string; readonly state: 'done'; readonly changed: Readonly<Record<string, number>> }
  | { readonly key: string; readonly state: 'refused'; readonly reason: string };

/** The databases that a deletion reaches into. */
export interface FamilyReach {
  readonly family: Pick<Family, 'databases'>;
  readonly access: FamilyAccess;
}

export interface CarryOutOptions {
  /** The database that the requests are in. */
  readonly database: string;
  /** Told of each, once what became of it is written down. */
  readonly onOutcome: (outcome: DeletionOutcome) => void;
}

const REFUSALS: ReadonlySet<string> = new Set(['REFERENCE_RESTRICTED', 'REFERENCE_FAILED']);
const INSUFFICIENT_PRIVILEGE = '42501';

/**
 * Carries out the deletions that are asked for, oldest first, each over all databases of the family as the references'
 * rules say; see `deleteReferenced`. One that something stands against is refused, with the reason; one that could not
 * be carried out now stays asked for, and the others are gone on with: the first such error is thrown at the end.
 *
 * Asking is the permission: what is asked for is deleted in production and from protected databases too.
 */
export async function carryOutDeletions(
  client: pg.ClientBase,
  requests: RequestedDeletions,
  { family, access, database, onOutcome }: FamilyReach & CarryOutOptions,
): Promise<void> {
  const table = qualified(...parseTable(requests.table));
  const key = pg.escapeIdentifier(requests.key);
  const column = targetOf(requests, database);
  const allowed: FamilyAccess = {
    open: (name) => access.open(name),
    contextFor: (name) => ({ ...access.contextFor?.(name), allowDestructive: name }),
  };
  const { rows } = await client.query<{ key: string }>(
    `SELECT ${key}::text AS key FROM ${table} WHERE state = 'requested' ORDER BY requested_at, ${key}`,
  );
  const failures: unknown[] = [];
  for (const request of rows) {
    try {
      const outcome = await carryOut(client, { key: request.key, column, family, access: allowed });
      const { rowCount } = await client.query(
        `UPDATE ${table} SET state = $2, reason = $3, details = $4, finished_at = now()
          WHERE ${key}::text = $1 AND state = 'requested'`,
        [
          outcome.key,
          outcome.state,
          outcome.state === 'refused' ? outcome.reason : null,
          JSON.stringify(outcome.state === 'done' ? outcome.changed : {}),
        ],
      );
      if (rowCount) onOutcome(outcome);
    } catch (error) {
      if (error instanceof AtrizError && error.code === 'INTERRUPTED') throw error;
      failures.push(error);
    }
  }
  if (failures.length > 0) throw failures[0];
}

interface Request extends FamilyReach {
  readonly key: string;
  readonly column: ColumnName;
}

async function carryOut(client: pg.ClientBase, request: Request): Promise<DeletionOutcome> {
  const { key, column, family, access } = request;
  try {
    const { deleted, changed } = await deleteReferenced({ family, column, key }, access);
    if (deleted) return { key, state: 'done', changed };
    // Gone already: an earlier run was killed after the deletion, and before it was written down here.
    const finished = await findFinishedDeletion(client, formatColumn(column), key);
    return { key, state: 'done', changed: finished ?? {} };
  } catch (error) {
    if (!isRefusal(error)) throw error;
    return { key, state: 'refused', reason: error.message };
  }
}

/** Whether something stands against the deletion, and will tomorrow: not that it could not be tried. */
function isRefusal(error: unknown): error is AtrizError {
  if (!(error instanceof AtrizError && REFUSALS.has(error.code))) return false;
  return sqlState(error.cause) !== INSUFFICIENT_PRIVILEGE;
}

function targetOf({ target }: RequestedDeletions, database: string): ColumnName {
  return { ...parseColumn(`database.${target}`), database };
}
