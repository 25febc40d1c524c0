import { AtrizError, sqlState } from '@atriz/database';
import pg from 'pg';
import type { Target } from '../target.ts';
import { CREATE_LEDGER } from './schema.ts';

/** Which database this is, as its own ledger says. */
export interface Identity {
  readonly family: string;
  readonly definition: string;
  readonly environment: string;
  /** Nothing destructive is done to a protected database. True for one that was first migrated in production. */
  readonly protected: boolean;
}

const NO_SUCH_TABLE = '42P01';

/** Reads the ledger's identity, or `undefined` from a database that Atriz never migrated. */
export async function readIdentity(client: pg.ClientBase): Promise<Identity | undefined> {
  try {
    const { rows } = await client.query<Identity>(
      'SELECT family, definition, environment, protected FROM atriz.identity',
    );
    return rows[0];
  } catch (error) {
    if (sqlState(error) === NO_SUCH_TABLE) return undefined;
    throw error;
  }
}

/**
 * Refuses a database that belongs to another family or definition: the mark of a `DATABASE_URL` that reached the
 * wrong application. Throws `IDENTITY_MISMATCH`.
 */
export function checkIdentity(identity: Identity, target: Target): void {
  const { family, database, parameters } = target;
  if (identity.family === family && identity.definition === database.name) return;
  const [setting] = target.settings;
  const source = setting ? `, named by ${setting.variable} of ${setting.from},` : '';
  throw new AtrizError(
    'IDENTITY_MISMATCH',
    `"${parameters.database}" on ${parameters.host}:${parameters.port}${source} is ${identity.definition} of family ` +
      `${identity.family}, not ${database.name} of family ${family}`,
    { hint: `correct the connection of ${database.owner}; see which settings were used: pnpm check:env` },
  );
}

/** Makes the ledger and writes the identity when there is none, in one message. To be called under the migration lock. */
export async function createLedger(client: pg.ClientBase, target: Target): Promise<void> {
  const isProduction = target.environment === 'production';
  const values = [target.family, target.database.name, target.environment].map((value) => pg.escapeLiteral(value));
  await client.query(`BEGIN; ${CREATE_LEDGER}
INSERT INTO atriz.identity (family, definition, environment, protected)
VALUES (${values.join(', ')}, ${isProduction}) ON CONFLICT (singleton) DO NOTHING;
COMMIT`);
}
