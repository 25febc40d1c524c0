import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { AtrizError, type Definition } from '@atriz/database';
import {
  defaultSafety,
  formatConnectionString,
  readFamilyName,
  rolePassword,
  type ConnectionParameters,
} from '@atriz/database/workspace';
import { withMaintenanceSession, type Target } from '@atriz/lifecycle';
import { roleNames } from '@atriz/lifecycle/roles';
import pg from 'pg';
import { waitUntilUnused } from './sessions.ts';
import { ensureTemplate, hasRoles, PREFIX, shorten, templateName } from './template.ts';
import { findTestServer } from './test-server.ts';

export interface TestDatabaseOptions {
  /** The directory of the package that owns the definition: a path, or a `file:` URL. */
  readonly directory: string | URL;
  /** Default: the variables of this process. */
  readonly variables?: Readonly<Record<string, string | undefined>>;
  /** Make the roles of a database too, for `appConnectionString`. Default true. */
  readonly roles?: boolean | undefined;
}

export interface TestDatabase extends AsyncDisposable {
  readonly name: string;
  /** As whoever may do everything on the tests' server: row-level security does not bind it. */
  readonly connectionString: string;
  readonly parameters: ConnectionParameters;
  /**
   * As the runtime role, like the application in production: no DDL, and bound by row-level security. Reading it throws
   * `PERMISSION_DENIED` where the tests' login may not make roles.
   */
  readonly appConnectionString: string;
  /** As the read-only role, which sees what the definition's `access` leaves it. Throws as `appConnectionString` does. */
  readonly readConnectionString: string;
  /**
   * Drops the database. A session that is still in it, two seconds after the call, is a leak in what was tested: the
   * database is dropped all the same, and `DATABASE_IN_USE` says which session it was.
   */
  drop(): Promise<void>;
}

/**
 * Makes a throw-away database with all of the package's migrations applied, for one test file.
 *
 * The migrations run once per content: the result is kept as a template, of which each call makes a copy in a fraction
 * of the time. See `findTestServer` for the server that it is made on.
 *
 * @example
 * const database = await createTestDatabase(definition, { directory: new URL('..', import.meta.url) });
 * afterAll(() => database.drop());
 */
export async function createTestDatabase(
  definition: Definition,
  { directory, variables = process.env, roles = true }: TestDatabaseOptions,
): Promise<TestDatabase> {
  const path = typeof directory === 'string' ? directory : fileURLToPath(directory);
  const server = await findTestServer(definition, path, variables);
  const family = (await readFamilyName(path)) ?? 'test';
  const target = targetOn(server, definition, { path, family });
  const template = await templateName(target.database, family, { roles });
  const name = `${PREFIX}${shorten(definition.name)}_${process.pid}_${randomBytes(4).toString('hex')}`;
  const withRoles = await withMaintenanceSession(target, {}, async (client) => {
    await ensureTemplate(client, target, { template, roles });
    await client.query(`CREATE DATABASE ${pg.escapeIdentifier(name)} TEMPLATE ${pg.escapeIdentifier(template)}`);
    return roles && (await hasRoles(client, template));
  });
  const parameters = { ...server, database: name };
  const as = (kind: 'app' | 'read'): string => {
    if (!withRoles) throw madeNoRoles(parameters);
    const user = roleNames(template)[kind];
    return formatConnectionString({ ...parameters, user, password: rolePassword(parameters.password, user) });
  };
  const drop = (): Promise<void> => dropTestDatabase({ ...target, parameters });
  return {
    name,
    connectionString: formatConnectionString(parameters),
    parameters,
    get appConnectionString() {
      return as('app');
    },
    get readConnectionString() {
      return as('read');
    },
    drop,
    [Symbol.asyncDispose]: drop,
  };
}

function madeNoRoles({ user, host, port }: ConnectionParameters): AtrizError {
  const message = `the test database has no roles: it was asked for without, or user "${user}" may make none on ${host}:${port}`;
  return new AtrizError('PERMISSION_DENIED', message, {
    hint: 'leave roles: false out, and run the tests as a superuser or on the embedded server',
  });
}

/** Its identity is that of the family's own database, which is what an application's start asks for. */
function targetOn(
  parameters: ConnectionParameters,
  definition: Definition,
  { path, family }: { readonly path: string; readonly family: string },
): Target {
  const database = { ...definition, owner: 'test', directory: path, dependsOn: [] };
  const safety = defaultSafety('test');
  return { database, family, provider: 'postgresql', environment: 'test', safety, parameters, settings: [] };
}

async function dropTestDatabase(target: Target): Promise<void> {
  const { database } = target.parameters;
  await withMaintenanceSession(target, {}, async (client) => {
    const sessions = await waitUntilUnused(client, database);
    await client.query(`DROP DATABASE IF EXISTS ${pg.escapeIdentifier(database)} WITH (FORCE)`);
    if (sessions.length === 0) return;
    throw new AtrizError('DATABASE_IN_USE', `sessions were left in "${database}": ${sessions.join(', ')}`, {
      hint: 'close every pool and client that the test opened',
    });
  });
}
