import type { Identity } from '@atriz/core';
import { AtrizError, sqlState, withUser, type DatabasePool, type TransactionOptions } from '@atriz/database';

/** Who works, and on which database: everything that belongs to a person is read and written through one. */
export interface Till {
  readonly db: Pick<DatabasePool, 'pool'>;
  readonly seller: Pick<Identity, 'userId' | 'roles'>;
}

/** The connection of one transaction. */
export type TillClient = Parameters<Parameters<typeof withUser>[2]>[0];

const LOCK_NOT_AVAILABLE = '55P03';

/**
 * Runs `work` in one transaction for the till's seller, as `withUser`: row-level security decides what is seen. Rejects
 * with `SERVICE_UNAVAILABLE` when a lock was waited for longer than `work` allows; nothing was kept then. That and
 * `CONNECTION_LOST` say when to come again.
 */
export async function atTill<Result>(
  { db, seller }: Till,
  work: (client: TillClient) => Promise<Result>,
  options: TransactionOptions = {},
): Promise<Result> {
  try {
    return await withUser(db.pool, seller.userId, work, { roles: seller.roles, ...options });
  } catch (error) {
    throw toPassing(error);
  }
}

/** Says when to come again, of what passes by itself. */
function toPassing(cause: unknown): unknown {
  const details = { hint: 'send the request again', retryAfterSeconds: 1, cause };
  if (sqlState(cause) === LOCK_NOT_AVAILABLE) {
    return new AtrizError('SERVICE_UNAVAILABLE', 'others are at work on the same stock', details);
  }
  if (cause instanceof AtrizError && cause.code === 'CONNECTION_LOST') {
    return new AtrizError('CONNECTION_LOST', cause.message, details);
  }
  return cause;
}

/** As {@link atTill}, for work that writes nothing. */
export function readAtTill<Result>(till: Till, work: (client: TillClient) => Promise<Result>): Promise<Result> {
  return atTill(till, work, { readOnly: true });
}

/**
 * Whether the seller sees what others sold. Row-level security decides; a query that says the same finds a seller's own
 * rows by their index, and does not look through everybody's.
 */
export function seesAll({ seller: { roles } }: Till): boolean {
  return roles.includes('manager') || roles.includes('admin');
}
