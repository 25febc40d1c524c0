import { AtrizError, sqlState } from '@atriz/database';
import pg from 'pg';
import { nameOf, type Target } from '../target.ts';
import { CREATE_LEDGER, CREATE_REFERENCE_CHECKS } from './schema.ts';

/** Which database this is, as its own ledger says. */
export interface Identity {
  readonly family: string;
  readonly definition: string;
  readonly environment: string;
  /** Nothing destructive is done to a protected database. True for one that was first migrated in production. */
  readonly protected: boolean;
  /** When the ledger was made. */
  readonly since: Date;
  /** Which of the definition's instances it is; absent for its own database, and for one that was never told. */
  readonly instance?: string | undefined;
}

/** A ledger of an older Atriz has no column for the instance: to_jsonb asks without naming it. */
const READ_IDENTITY = `
SELECT family, definition, environment, protected, created_at AS since, to_jsonb(identity) ->> 'instance' AS instance
  FROM atriz.identity`;

/** The name of the one environment that is kept apart from all others. */
const PRODUCTION = 'production';

const NO_SUCH_TABLE = '42P01';

/** Reads the ledger's identity, or `undefined` from a database that Atriz never migrated. */
export async function readIdentity(client: pg.ClientBase): Promise<Identity | undefined> {
  try {
    const { rows } = await client.query<Identity & { readonly instance: string | null }>(READ_IDENTITY);
    return rows[0] && { ...rows[0], instance: rows[0].instance ?? undefined };
  } catch (error) {
    if (sqlState(error) === NO_SUCH_TABLE) return undefined;
    throw error;
  }
}

/**
 * Refuses a database that belongs to another family or definition, the mark of a `DATABASE_URL` that reached the wrong
 * application, and one on the other side of the border of production: production itself, reached from a desk, or a
 * copy of it. Every command that writes calls this before it does. Throws `IDENTITY_MISMATCH`.
 */
export function checkIdentity(identity: Identity, target: Target): void {
  const mismatch = compareIdentity(identity, target);
  if (mismatch) throw mismatch;
}

/** What {@link checkIdentity} would throw, for commands that only read and warn; `undefined` when they agree. */
export function compareIdentity(identity: Identity, target: Target): AtrizError | undefined {
  return compareOwner(identity, target) ?? compareEnvironment(identity, target);
}

/** Whether the database is this definition's of this family at all. */
export function compareOwner(identity: Identity, target: Target): AtrizError | undefined {
  const { family, database } = target;
  if (identity.family === family && identity.definition === database.name && isInstance(identity, target)) {
    return undefined;
  }
  const wanted = { family, definition: database.name, instance: target.instance };
  return new AtrizError(
    'IDENTITY_MISMATCH',
    `${describePlace(target)} is ${describeOwner(identity)}, not ${describeOwner(wanted)}`,
    { hint: `correct the connection of ${database.owner}; see which settings were used: pnpm check:env` },
  );
}

/** One that was never told which instance it is may be any: a database is told at its next migration. */
function isInstance({ instance }: Identity, target: Target): boolean {
  return instance === undefined || instance === target.instance;
}

/** Whether the database has still to be told which instance it is. */
export function isToBeNamed(identity: Identity, { instance }: Target): boolean {
  return instance !== undefined && identity.instance === undefined;
}

/** `mextrack_db of family atriz`, `instance acme of tenant_db of family atriz`. */
export function describeOwner({
  family,
  definition,
  instance,
}: Pick<Identity, 'family' | 'definition' | 'instance'>): string {
  return `${instance === undefined ? '' : `instance ${instance} of `}${definition} of family ${family}`;
}

/** Only the border of production counts: development, test and staging take each other's databases. */
function compareEnvironment({ environment }: Identity, target: Target): AtrizError | undefined {
  const name = nameOf(target);
  const here = target.environment;
  if ((environment === PRODUCTION) === (here === PRODUCTION)) return undefined;
  const instance = target.instance === undefined ? '' : ` --instance ${target.instance}`;
  const command = `pnpm exec atriz identity set --database ${target.database.name}${instance} --environment ${here}`;
  const hint =
    environment === PRODUCTION
      ? `for production itself set NODE_ENV=production; if this is a copy of it: ATRIZ_ALLOW_DESTRUCTIVE=${name} ${command}`
      : `correct the connection; if this database shall be production's: ${command}`;
  return new AtrizError(
    'IDENTITY_MISMATCH',
    `${describePlace(target)} is a database of environment ${environment}, and here NODE_ENV says ${here}`,
    { hint },
  );
}

function describePlace({ parameters, settings: [setting] }: Target): string {
  const source = setting ? `, named by ${setting.variable} of ${setting.from},` : '';
  return `"${parameters.database}" on ${parameters.host}:${parameters.port}${source}`;
}

/** Makes the ledger and writes the identity when there is none, in one message. To be called under the migration lock. */
export async function createLedger(client: pg.ClientBase, target: Target): Promise<void> {
  const isProduction = target.environment === PRODUCTION;
  const values = [target.family, target.database.name, target.environment].map((value) => pg.escapeLiteral(value));
  const instance = target.instance === undefined ? 'NULL' : pg.escapeLiteral(target.instance);
  await client.query(`BEGIN; ${CREATE_LEDGER} ${CREATE_REFERENCE_CHECKS}
INSERT INTO atriz.identity (family, definition, environment, protected, instance)
VALUES (${values.join(', ')}, ${isProduction}, ${instance}) ON CONFLICT (singleton) DO NOTHING;
UPDATE atriz.identity SET instance = ${instance} WHERE instance IS NULL AND ${instance} IS NOT NULL;
COMMIT`);
}
