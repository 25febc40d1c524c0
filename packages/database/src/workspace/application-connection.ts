import type { Definition } from '../definition.ts';
import { AtrizError } from '../errors.ts';
import { formatConnectionString, type ConnectionParameters } from './connection-string.ts';
import { resolveConnection, type Provider } from './connection.ts';
import { readEnvironment } from './environment.ts';
import { rolePassword } from './role-password.ts';
import { findWorkspaceRoot } from './root.ts';
import { readServerFile, type ServerFile } from './server-file.ts';

export interface ConnectionStringOptions {
  /** The directory whose `.env` counts: the application's own. */
  readonly directory: string;
  /** Default: the variables of this process. */
  readonly variables?: Readonly<Record<string, string | undefined>>;
  /**
   * As which of the database's roles, on the embedded server, where `atriz roles apply` made them. Default: as the server's
   * superuser. Where a URL or `PG…` variables say where the database is, they say as whom too.
   */
  readonly role?: 'app' | 'read' | undefined;
}

/**
 * The connection string of a definition's database, found by the same rules as the command's. For an application's
 * start; it starts no server: where the embedded one serves and was never started, `EMBEDDED_NOT_RUNNING` says how.
 */
export async function connectionStringFor(
  definition: Definition,
  { directory, variables = process.env, role }: ConnectionStringOptions,
): Promise<string> {
  const root = await rootAround(directory);
  const connection = resolveConnection(definition, await readEnvironment(root, directory, variables));
  if (connection.provider === 'postgresql') return formatConnectionString(connection.parameters);
  const server = await readServerFile(root);
  if (server !== undefined) {
    const parameters = embeddedParameters(server, connection.database);
    return formatConnectionString(role === undefined ? parameters : asRole(parameters, role));
  }
  throw new AtrizError(
    'EMBEDDED_NOT_RUNNING',
    `"${definition.name}" is on the embedded server, which was never started`,
    {
      hint: 'start it with: pnpm db:start',
    },
  );
}

function asRole(parameters: ConnectionParameters, role: 'app' | 'read'): ConnectionParameters {
  const user = `${parameters.database}_${role}`;
  return { ...parameters, user, password: rolePassword(parameters.password, user) };
}

/** Who runs the server that {@link connectionStringFor} leads to. */
export async function readProvider(
  definition: Definition,
  { directory, variables = process.env }: ConnectionStringOptions,
): Promise<Provider> {
  const root = await rootAround(directory);
  return resolveConnection(definition, await readEnvironment(root, directory, variables)).provider;
}

/** An application is often shipped without the workspace around it; its own directory then has the one `.env` there is. */
export async function rootAround(directory: string): Promise<string> {
  try {
    return await findWorkspaceRoot(directory);
  } catch (error) {
    if (error instanceof AtrizError && error.code === 'WORKSPACE_NOT_FOUND') return directory;
    throw error;
  }
}

/** The parameters of a database on the embedded server. It listens on loopback only and has no TLS. */
export function embeddedParameters(server: ServerFile, database: string): ConnectionParameters {
  const { host, port, user, password } = server;
  return { host, port, user, password, database, ssl: false };
}
