import { identityOf } from '@atriz/core/fastify';
import { withUser, type copyRows, type DatabasePool, type TransactionOptions } from '@atriz/database';
import type { FastifyRequest } from 'fastify';

/** A transaction that works for one user. */
export interface UserTransaction {
  readonly client: Parameters<typeof copyRows>[0];
  readonly userId: string;
}

/**
 * Runs `work` in one transaction for who asks: row-level security shows and takes only what is theirs. Queries name the
 * user all the same, so that they are right where a superuser runs the service, as in development one may.
 */
export function withAsker<Result>(
  db: Pick<DatabasePool, 'pool'>,
  request: FastifyRequest,
  work: (transaction: UserTransaction) => Promise<Result>,
  options: TransactionOptions = {},
): Promise<Result> {
  const { userId, roles } = identityOf(request);
  return withUser(db.pool, userId, (client) => work({ client, userId }), { roles, ...options });
}
