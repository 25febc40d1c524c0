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
  const [authority, path] = partsOf(text);
  if (!authority.includes('@') && path.includes('@')) {
    throw invalid(place, 'an @ stands in its path; are special characters of the password percent-encoded?');
  }
  let parsed, database;
  try {
    parsed = parse(text);
    database = decodeURIComponent(path);
  } catch {
    // The cause is left out on purpose: the message of a URL error repeats the URL, password and all.
    throw invalid(place, 'it is not a URL; are special characters of the password percent-encoded?');
  }
  const { host, port, user, password, ssl } = parsed;
  if (host && !host.startsWith('/') && /[\s<>\\^|[\]]/.test(host)) throw invalid(place, 'its host name is not one');
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

/** The authority and the path, which pg-connection-string leaves percent-encoded in part. */
function partsOf(text: string): readonly [authority: string, path: string] {
  const [, authority = '', path = ''] = /^[^:]*:\/\/([^/?#]*)\/?([^?#]*)/.exec(text) ?? [];
  return [authority, path];
}

/**
 * The reverse, with every part percent-encoded as needed. Of TLS's options it keeps on, off, and whether the server's
 * certificate is verified. pg itself cannot read a database name that holds `?` or `#` out of a URL.
 */
export function formatConnectionString({ host, port, user, password, database, ssl }: ConnectionParameters): string {
  const secret = password === undefined ? '' : `:${encodeURIComponent(password)}`;
  const account = `${encodeURIComponent(user)}${secret}`;
  const mode = ssl === undefined ? '' : `sslmode=${sslModeOf(ssl)}`;
  // pg decodes a path by decodeURI, which leaves these characters as they stand.
  const name = encodeURIComponent(database).replaceAll(/%(?:2F|3B|3A|40|26|3D|2B|24|2C)/g, decodeURIComponent);
  if (host.startsWith('/')) {
    const query = [`host=${encodeURIComponent(host)}`, `port=${port}`, mode].filter(Boolean).join('&');
    return `postgresql://${account}@/${name}?${query}`;
  }
  return `postgresql://${account}@${host.includes(':') ? `[${host}]` : host}:${port}/${name}${mode && `?${mode}`}`;
}

function sslModeOf(ssl: boolean | object): string {
  if (ssl === false) return 'disable';
  const { rejectUnauthorized } = ssl as { readonly rejectUnauthorized?: boolean };
  return rejectUnauthorized === false ? 'no-verify' : 'verify-full';
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
