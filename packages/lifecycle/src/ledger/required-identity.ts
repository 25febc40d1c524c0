import { AtrizError } from '@atriz/database';
import type pg from 'pg';
import type { Target } from '../target.ts';
import { checkIdentity, readIdentity } from './identity.ts';

/** Makes sure that the ledger says that the database is the one meant. Throws `NOT_MIGRATED` and `IDENTITY_MISMATCH`. */
export async function requireIdentity(client: pg.ClientBase, target: Target): Promise<void> {
  const identity = await readIdentity(client);
  if (identity) return checkIdentity(identity, target);
  throw new AtrizError(
    'NOT_MIGRATED',
    `"${target.parameters.database}" was never migrated, so no ledger says what it is`,
    { hint: 'migrate it first: pnpm db:migrate' },
  );
}
