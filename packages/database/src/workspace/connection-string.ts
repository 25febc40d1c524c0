import { parse } from 'pg-connection-string';
import { AtrizError } from '../errors.ts';

/** What pg connects with, whole: no field is left for pg to guess. */
export interface ConnectionParameters {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string | undefined;
  readonly database: string;
  /** As pg takes it: `false`, or the options of the TLS connection. `undefined` leaves the choice to `PGSSLMODE`. */
  readonly ssl: boolean | object | undefined;
}

/**
 * Reads a `postgresql://` URL. `place` names the variable and its file for the message; the URL itself is never in it,
 * because a password may be. Throws `CONNECTION_STRING_INVALID`.
 */
export function parseConnectionString(text: string, place: string, defaultUser: string): ConnectionParameters {
  if (!/^postgres(?:ql)?:\/\//i.test(text)) throw invalid(place, 'it does not begin with postgresql://');
  let parsed;
  try {
    parsed = parse(text);
  } catch {
    // The cause is left out on purpose: the message of a URL error repeats the URL, password and all.
    throw invalid(place, 'it is not a URL; are special characters of the password percent-encoded?');
  }
  const { host, port, user, password, database, ssl } = parsed;
  if (host && /[\s<>\\^|[\]]/.test(host) && !host.startsWith('[')) throw invalid(place, 'its host name is not one');
  if (!database) throw invalid(place, 'it names no database');
  if (port && !/^\d+$/.test(port)) throw invalid(place, 'its port is not a number');
  return {
    host: host || 'localhost',
    port: port ? Number(port) : 5432,
    user: user || defaultUser,
    password: password || undefined,
    database,
    ssl: ssl as boolean | object | undefined,
  };
}

/** The reverse, with every part percent-encoded as needed. TLS options other than on and off are not kept. */
export function formatConnectionString({ host, port, user, password, database, ssl }: ConnectionParameters): string {
  const secret = password === undefined ? '' : `:${encodeURIComponent(password)}`;
  const account = `${encodeURIComponent(user)}${secret}`;
  const mode = ssl === undefined ? '' : `sslmode=${ssl === false ? 'disable' : 'verify-full'}`;
  const name = encodeURIComponent(database);
  if (host.startsWith('/')) {
    const query = [`host=${encodeURIComponent(host)}`, `port=${port}`, mode].filter(Boolean).join('&');
    return `postgresql://${account}@/${name}?${query}`;
  }
  return `postgresql://${account}@${host.includes(':') ? `[${host}]` : host}:${port}/${name}${mode && `?${mode}`}`;
}

/** For people: `user@host:port/database`, never with the password. */
export function describeConnection({ host, port, user, database }: ConnectionParameters): string {
  return `${user}@${host}:${port}/${database}`;
}

function invalid(place: string, reason: string): AtrizError {
  return new AtrizError('CONNECTION_STRING_INVALID', `${place} cannot be read as a connection string: ${reason}`, {
    hint: 'write it as postgresql://USER:PASSWORD@HOST:PORT/DATABASE',
  });
}
