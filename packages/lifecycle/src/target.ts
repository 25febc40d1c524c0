import {
  embeddedParameters,
  readEnvironment,
  readSafety,
  resolveConnection,
  type Connection,
  type ConnectionParameters,
  type FamilyDatabase,
  type Provider,
  type Safety,
  type ServerFile,
  type Setting,
  type Variables,
} from '@atriz/database/workspace';

/** One database of the family, and how it is reached right now. */
export interface Target {
  readonly database: FamilyDatabase;
  /** The family's name, which the database's ledger must agree with. */
  readonly family: string;
  readonly provider: Provider;
  /** Which of the definition's instances it is; absent for the definition's own database. */
  readonly instance?: string | undefined;
  /** What `NODE_ENV` says, else `development`. */
  readonly environment: string;
  /** What the workspace forbids, whatever a command's options say. */
  readonly safety: Safety;
  /** Past a pooler, where the definition names a direct way and nobody asked for the other. */
  readonly parameters: ConnectionParameters;
  /** Which variables of which files decided; values may be secret. */
  readonly settings: readonly Setting[];
}

/** What commands call it, and what `ATRIZ_ALLOW_DESTRUCTIVE` names it by: the instance's name, or the definition's. */
export function nameOf({ instance, database }: Pick<Target, 'instance' | 'database'>): string {
  return instance ?? database.name;
}

/** `"atriz_shared" on localhost:5432`: a database as messages name it. */
export function placeOf({ parameters: { database, host, port } }: Target): string {
  return `"${database}" on ${host}:${port}`;
}

export interface OpenTargetOptions {
  readonly family: string;
  readonly root: string;
  readonly variables: Variables;
  /** Default true: the direct way, for what needs a session. */
  readonly direct?: boolean | undefined;
  /** Finds or starts the embedded server; called only when the database is on it. */
  readonly startEmbedded: () => Promise<ServerFile>;
}

/** Applies the connection rules to a database; see `resolveConnection` for what it throws. Starts no named server. */
export async function openTarget(database: FamilyDatabase, options: OpenTargetOptions): Promise<Target> {
  const environment = await readEnvironment(options.root, database.directory, options.variables);
  const connection = resolveConnection(database, environment, { direct: options.direct ?? true });
  return {
    database,
    family: options.family,
    provider: connection.provider,
    environment: connection.environment,
    safety: readSafety(environment),
    parameters: await parametersOf(connection, options.startEmbedded),
    settings: connection.settings,
  };
}

async function parametersOf(
  connection: Connection,
  startEmbedded: OpenTargetOptions['startEmbedded'],
): Promise<ConnectionParameters> {
  if (connection.provider === 'postgresql') return connection.parameters;
  return embeddedParameters(await startEmbedded(), connection.database);
}
