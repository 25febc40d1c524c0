import { userInfo } from 'node:os';
import type { Definition } from '../definition.ts';
import { AtrizError } from '../errors.ts';
import { parseConnectionString, type ConnectionParameters } from './connection-string.ts';
import { PROCESS, type Environment, type Setting } from './environment.ts';

/** Who runs the server. */
export type Provider = 'postgresql' | 'embedded';

interface Resolved {
  /** The settings that decided, in order; the first names the rule that matched. Values may be secret. */
  readonly settings: readonly Setting[];
  /** What `NODE_ENV` says, else `development`. */
  readonly environment: string;
}

/** Where a definition's database is: on a named server, or on the embedded one, whose address is known once it runs. */
export type Connection = Resolved &
  (
    | { readonly provider: 'postgresql'; readonly parameters: ConnectionParameters }
    | { readonly provider: 'embedded'; readonly database: string }
  );

export interface ResolveOptions {
  /** Prefer the definition's direct URL variable: for migrations and session locks, which a pooler breaks. */
  readonly direct?: boolean;
}

const PROVIDERS: readonly string[] = ['postgresql', 'embedded'] satisfies Provider[];
const URL_SCOPES = ['process', 'package'] as const;
const SERVER_SCOPES = ['process', 'root'] as const;
const ALL_SCOPES = ['process', 'package', 'root'] as const;

/**
 * Decides how a database is reached; the first rule that matches wins:
 *
 * 1. its URL variable, from the process, then from the package's `.env`;
 * 2. `PGHOST`, `PGPORT`, `PGUSER`, `PGPASSWORD`, `PGSSLMODE`, from the process, then from the root's `.env`;
 * 3. the embedded server, when nothing is configured and this is not production.
 *
 * `DATABASE_PROVIDER` forces `postgresql` (rules 1 and 2) or `embedded`. Pure, but for the name of the operating
 * system's user, PostgreSQL's own default.
 *
 * Throws `CONNECTION_NOT_CONFIGURED` (names the variables), `CONNECTION_STRING_INVALID`, `PROVIDER_UNKNOWN`,
 * `SETTING_INVALID` (a port that is none).
 */
export function resolveConnection(
  definition: Definition,
  variables: Environment,
  { direct = false }: ResolveOptions = {},
): Connection {
  const environment = variables.find('NODE_ENV', ALL_SCOPES)?.value ?? 'development';
  const forced = readProvider(variables);
  const because = forced ? [forced] : [];
  if (forced?.value === 'embedded') {
    return { provider: 'embedded', database: definition.name, settings: because, environment };
  }
  const url = findUrl(definition, variables, direct);
  if (url !== undefined) {
    const parameters = parseConnectionString(url.value, describeSetting(url), defaultUser());
    return { provider: 'postgresql', parameters, settings: [url, ...because], environment };
  }
  const guessing = environment !== 'production' || forced !== undefined;
  const server = guessing ? findServer(definition, variables) : undefined;
  if (server !== undefined) {
    const { parameters, settings } = server;
    return { provider: 'postgresql', parameters, settings: [...settings, ...because], environment };
  }
  if (forced !== undefined || !guessing) throw notConfigured(definition, environment, forced);
  return { provider: 'embedded', database: definition.name, settings: [], environment };
}

/** `PGHOST of .env`: how messages name a setting. */
export function describeSetting({ variable, from }: Setting): string {
  return `${variable} of ${from}`;
}

function readProvider(variables: Environment): Setting | undefined {
  const setting = variables.find('DATABASE_PROVIDER', ALL_SCOPES);
  if (setting === undefined || PROVIDERS.includes(setting.value)) return setting;
  throw new AtrizError('PROVIDER_UNKNOWN', `${describeSetting(setting)} is "${setting.value}"`, {
    hint: `set it to one of: ${PROVIDERS.join(', ')}`,
  });
}

function findUrl(definition: Definition, variables: Environment, direct: boolean): Setting | undefined {
  const { urlVariable, directUrlVariable } = definition;
  const url = variables.find(urlVariable, URL_SCOPES);
  if (!direct || directUrlVariable === undefined) return url;
  const directUrl = variables.find(directUrlVariable, URL_SCOPES);
  // A variable of the process beats a file: a URL exported for this run is not undone by a direct URL of the .env.
  return url?.from === PROCESS && directUrl?.from !== PROCESS ? url : (directUrl ?? url);
}

function findServer(
  definition: Definition,
  variables: Environment,
): { readonly parameters: ConnectionParameters; readonly settings: readonly Setting[] } | undefined {
  const find = (variable: string): Setting | undefined => variables.find(variable, SERVER_SCOPES);
  const [host, port, user, password, mode] = ['PGHOST', 'PGPORT', 'PGUSER', 'PGPASSWORD', 'PGSSLMODE'].map(find);
  if (!host && !port && !user) return undefined; // a lone password names no server
  const parameters = {
    host: host?.value ?? 'localhost',
    port: readPort(port),
    user: user?.value ?? defaultUser(),
    password: password?.value,
    database: definition.name,
    ssl: mode && sslFromMode(mode),
  };
  const settings = [host, port, user, password, mode].filter((setting) => setting !== undefined);
  return { parameters, settings };
}

function readPort(setting: Setting | undefined): number {
  if (setting === undefined) return 5432;
  const port = Number(setting.value);
  if (/^\d+$/.test(setting.value) && port >= 1 && port <= 65_535) return port;
  throw new AtrizError('SETTING_INVALID', `${describeSetting(setting)} is "${setting.value}", not a port`, {
    hint: 'set it to a number from 1 to 65535',
  });
}

/** Asks the URL parser, so that a mode means the same in `PGSSLMODE` and in a URL. */
function sslFromMode(setting: Setting): boolean | object | undefined {
  const url = `postgresql://localhost/x?sslmode=${encodeURIComponent(setting.value)}`;
  return parseConnectionString(url, describeSetting(setting), '').ssl;
}

function defaultUser(): string {
  return userInfo().username;
}

function notConfigured(definition: Definition, environment: string, forced: Setting | undefined): AtrizError {
  const reason = forced ? `${describeSetting(forced)} is "${forced.value}"` : `NODE_ENV is "${environment}"`;
  const variables = forced ? `${definition.urlVariable} or PGHOST` : definition.urlVariable;
  return new AtrizError(
    'CONNECTION_NOT_CONFIGURED',
    `${reason}, but nothing says where "${definition.name}" is: ${variables} is not set`,
    { hint: `set ${variables} in the environment or in .env` },
  );
}
