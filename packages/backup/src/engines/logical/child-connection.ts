import { homedir } from 'node:os';
import { getCACertificates } from 'node:tls';
import type { ConnectionParameters } from '@atriz/database/workspace';
import pg from 'pg';
import { createPrivateFile, type PrivateFile } from './private-file.ts';

/** How a program of PostgreSQL's reaches a database as the driver does. Disposing of it removes its files. */
export interface ChildConnection extends AsyncDisposable {
  /** The whole environment of the child; no secret is in it. */
  readonly environment: Readonly<Record<string, string>>;
  /** The child's descriptors from {@link FIRST_DESCRIPTOR} on: the files that the environment names. */
  readonly descriptors: readonly number[];
  /** The same database for an option that wants a connection string; names nothing else. */
  readonly databaseOption: string;
  /** What must not be in a message. */
  readonly secret: string | undefined;
}

/** Behind standard input, output and error. */
export const FIRST_DESCRIPTOR = 3;

/** The TLS options that both pg and libpq know. */
interface TlsOptions {
  readonly ca?: unknown;
  readonly cert?: unknown;
  readonly key?: unknown;
  readonly rejectUnauthorized?: boolean;
  readonly checkServerIdentity?: unknown;
}

/**
 * Translates connection parameters to libpq's variables. The password, and TLS's certificates and key, are in files that
 * only the child reads: an environment and a command line can be read by others of the machine. Where the parameters
 * leave password or TLS to the process' own `PG*` variables, what pg makes of those counts.
 */
export async function openChildConnection(parameters: ConnectionParameters): Promise<ChildConnection> {
  const { host, port, user, database } = parameters;
  const { password, ssl } = resolve(parameters);
  await using opened = new AsyncDisposableStack();
  const files: PrivateFile[] = [];
  const addFile = async (content: string): Promise<string> => {
    const file = opened.use(await createPrivateFile(content));
    files.push(file);
    return file.pathAs(FIRST_DESCRIPTOR + files.length - 1);
  };
  const environment = {
    PGHOST: host,
    PGPORT: String(port),
    PGUSER: user,
    PGDATABASE: database,
    PGAPPNAME: 'atriz',
    PGCONNECT_TIMEOUT: '10',
    LC_ALL: 'C',
    HOME: homedir(), // where libpq looks for a .pgpass
    ...(password === undefined ? {} : { PGPASSFILE: await addFile(passFileOf(password)) }),
    ...(await tlsVariables(ssl, addFile)),
  };
  const all = opened.move();
  return {
    environment,
    descriptors: files.map(({ descriptor }) => descriptor),
    databaseOption: `dbname='${database.replaceAll(/['\\]/g, String.raw`\$&`)}'`,
    secret: password,
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}

/** What a client would connect with; none is connected. */
function resolve({ ssl, password, ...rest }: ConnectionParameters): {
  readonly password: string | undefined;
  readonly ssl: boolean | object;
} {
  const client = new pg.Client({
    ...rest,
    ...(password === undefined ? {} : { password }),
    ...(ssl === undefined ? {} : { ssl: ssl as NonNullable<pg.ClientConfig['ssl']> }),
  });
  const { connectionParameters } = client as unknown as { connectionParameters: { ssl?: boolean | object } };
  return { password: client.password || undefined, ssl: connectionParameters.ssl ?? false };
}

async function tlsVariables(
  ssl: boolean | object,
  addFile: (content: string) => Promise<string>,
): Promise<Record<string, string>> {
  if (ssl === false) return { PGSSLMODE: 'disable' };
  const { ca, cert, key, rejectUnauthorized, checkServerIdentity } = (ssl === true ? {} : ssl) as TlsOptions;
  const variables: Record<string, string> = { PGSSLMODE: 'require' };
  if (rejectUnauthorized !== false) {
    // Node's own list where none is given: libpq has none before PostgreSQL 16.
    variables['PGSSLROOTCERT'] = await addFile(ca === undefined ? getCACertificates().join('\n') : toPem(ca));
    variables['PGSSLMODE'] = checkServerIdentity === undefined ? 'verify-full' : 'verify-ca';
  }
  if (cert !== undefined) variables['PGSSLCERT'] = await addFile(toPem(cert));
  if (key !== undefined) variables['PGSSLKEY'] = await addFile(toPem(key));
  return variables;
}

function toPem(value: unknown): string {
  return (Array.isArray(value) ? value : [value]).map(String).join('\n');
}

/** The content of a `PGPASSFILE` that gives the password to whatever is connected to. */
export function passFileOf(password: string): string {
  return `*:*:*:*:${password.replaceAll(/[\\:]/g, String.raw`\$&`)}\n`;
}
