import { AtrizError } from '@atriz/database';
import type pg from 'pg';
import type { Context } from './context.ts';
import { checkIdentity, readIdentity } from './ledger/identity.ts';
import { nameOf, type Target } from './target.ts';

/**
 * Refuses to destroy what must not be: anything in production, a database that its identity calls protected, one that
 * belongs to another definition, and one that holds tables but was never migrated by Atriz. The first two can be
 * allowed by naming the database, or several with commas between, in `ATRIZ_ALLOW_DESTRUCTIVE`.
 *
 * Throws `DESTRUCTIVE_REFUSED` or `IDENTITY_MISMATCH`.
 */
export async function refuseDestruction(
  client: pg.ClientBase,
  target: Target,
  deed: string,
  { allowDestructive }: Context,
): Promise<void> {
  const { parameters } = target;
  const identity = await readIdentity(client);
  if (identity) checkIdentity(identity, target);
  const allowed = isAllowed(target, allowDestructive);
  if (!identity && !allowed && (await holdsTables(client))) {
    throw new AtrizError(
      'DESTRUCTIVE_REFUSED',
      `refused to ${deed} "${parameters.database}": it holds tables, but no ledger says that it is ${nameOf(target)}`,
      { hint: `migrate it first, or set ATRIZ_ALLOW_DESTRUCTIVE=${nameOf(target)}` },
    );
  }
  const reason = reasonToRefuse(target, identity?.protected ?? false);
  if (reason === undefined || allowed) return;
  throw new AtrizError('DESTRUCTIVE_REFUSED', `refused to ${deed} "${parameters.database}": ${reason}`, {
    hint: `if it must be, name it: ATRIZ_ALLOW_DESTRUCTIVE=${nameOf(target)}`,
  });
}

function isAllowed(target: Target, allowed = ''): boolean {
  return [allowed, ...allowed.split(',').map((name) => name.trim())].includes(nameOf(target));
}

function reasonToRefuse({ environment }: Target, isProtected: boolean): string | undefined {
  if (environment === 'production') return 'NODE_ENV is "production"';
  return isProtected ? 'its identity says that it is protected' : undefined;
}

/** Whether there is a table that is not PostgreSQL's own. */
export async function holdsTables(client: pg.ClientBase): Promise<boolean> {
  const { rowCount } = await client.query(
    `SELECT FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
      WHERE relkind IN ('r', 'p') AND nspname <> 'information_schema' AND nspname !~ '^pg_' LIMIT 1`,
  );
  return rowCount !== 0;
}
