import type pg from 'pg';
import type { Context } from '../context.ts';
import { requireIdentity } from '../ledger/required-identity.ts';
import { becomeOwner } from '../roles/as-owner.ts';
import { withSession } from '../session.ts';
import type { Target } from '../target.ts';

/** How the databases of the family are reached. */
export interface FamilyAccess {
  open(database: string): Promise<Target>;
  /** Default: no context. */
  contextFor?(database: string): Context;
}

/** A session that outlives the call that opened it; disposing of it closes the connection. */
export interface OpenSession extends AsyncDisposable {
  readonly target: Target;
  readonly client: pg.Client;
}

/**
 * A policy that hides rows from this user would make orphans of what refers to them: with row_security off PostgreSQL
 * answers such a query with an error instead. A reading of many rows may take its time.
 */
const SETTINGS = 'SET row_security = off; SET statement_timeout = 0; SET jit = off';

/**
 * Opens a session on a database of the family that is what it should be.
 * Throws `NOT_MIGRATED` (no ledger says which database it is), `IDENTITY_MISMATCH` and connection errors.
 */
export async function openSession(access: FamilyAccess, database: string): Promise<OpenSession> {
  const target = await access.open(database);
  const opened = Promise.withResolvers<pg.Client>();
  const closing = Promise.withResolvers<void>();
  const session = withSession(target.parameters, access.contextFor?.(database) ?? {}, async (client) => {
    await client.query(SETTINGS);
    await requireIdentity(client, target);
    await becomeOwner(client);
    opened.resolve(client);
    await closing.promise;
  });
  session.catch(opened.reject);
  return {
    target,
    client: await opened.promise,
    [Symbol.asyncDispose]: async () => {
      closing.resolve();
      await session.catch(() => undefined); // an interruption, which the work that it broke off tells too
    },
  };
}
