import { inspect } from 'node:util';
import pg from 'pg';
import { expect, test, vi } from 'vitest';
import {
  describeConnection,
  formatConnectionString,
  parseConnectionString,
  type ConnectionParameters,
} from './connection-string.ts';

const PLACE = 'DATABASE_URL of packages/core/.env';
const FULL: ConnectionParameters = {
  host: 'db.example.com',
  port: 5433,
  user: 'app',
  password: 's3cret',
  database: 'shared',
  ssl: undefined,
};

test.each<[string, string, Partial<ConnectionParameters>]>([
  ['everything', 'postgresql://app:s3cret@db.example.com:5433/shared', {}],
  ['the other scheme, in capitals', 'POSTGRES://app:s3cret@db.example.com:5433/shared', {}],
  ['no port', 'postgresql://app:s3cret@db.example.com/shared', { port: 5432 }],
  ['no password', 'postgresql://app@db.example.com:5433/shared', { password: undefined }],
  ['no user', 'postgresql://db.example.com:5433/shared', { user: 'default', password: undefined }],
  ['no host', 'postgresql:///shared', { host: 'localhost', port: 5432, user: 'default', password: undefined }],
  ['an IPv4 address', 'postgresql://app:s3cret@127.0.0.1:5433/shared', { host: '127.0.0.1' }],
  ['an IPv6 address', 'postgresql://app:s3cret@[::1]:5433/shared', { host: '::1' }],
  [
    'a Unix socket',
    'postgresql://app:s3cret@/shared?host=/var/run/postgresql&port=5433',
    { host: '/var/run/postgresql' },
  ],
  [
    'percent-encoding everywhere',
    'postgresql://a%40b:%2F%3A%23%3F@db.example.com:5433/my%20db%2F1',
    {
      user: 'a@b',
      password: '/:#?',
      database: 'my db/1',
    },
  ],
  ['a literal percent sign in its name', 'postgresql://app:s3cret@db.example.com:5433/a%252Fb', { database: 'a%2Fb' }],
  ['a mixed-case name', 'postgresql://app:s3cret@db.example.com:5433/Shared-DB', { database: 'Shared-DB' }],
  ['an @ in its name', 'postgresql://app:s3cret@db.example.com:5433/a@b', { database: 'a@b' }],
  ['no TLS', 'postgresql://app:s3cret@db.example.com:5433/shared?sslmode=disable', { ssl: false }],
  ['TLS', 'postgresql://app:s3cret@db.example.com:5433/shared?sslmode=verify-full', { ssl: {} }],
  [
    'TLS that verifies nothing',
    'postgresql://app:s3cret@db.example.com:5433/shared?sslmode=no-verify',
    {
      ssl: { rejectUnauthorized: false },
    },
  ],
])('a URL with %s is read', (_, url, expected) => {
  expect(parseConnectionString(url, PLACE, 'default')).toEqual({ ...FULL, ...expected });
});

test.each([
  ['app:s3cret@db.example.com/shared', 'it does not begin with postgresql://'],
  ['mysql://app:s3cret@db.example.com/shared', 'it does not begin with postgresql://'],
  [' postgresql://app:s3cret@db.example.com/shared', 'it does not begin with postgresql://'],
  ['postgresql://app:s3cret@db.example.com:abc/shared', 'it is not a URL'],
  ['postgresql://app:s3cret@db.example.com:70000/shared', 'it is not a URL'],
  ['postgresql://app:s3cret/more@db.example.com/shared', 'an @ stands in its path'],
  ['postgresql://app:s3cret#more@db.example.com/shared', 'it is not a URL'],
  ['postgresql://app:12/s3cret@db.example.com/shared', 'an @ stands in its path'],
  ['postgresql://app:12#s3cret@db.example.com/shared', 'it names no database'],
  ['postgresql://app:12?s3cret@db.example.com/shared', 'it names no database'],
  ['postgresql://app:s3cret%@db.example.com/%shared', 'it is not a URL'],
  ['postgresql://app:s3cret@[::1/shared', 'it is not a URL'],
  ['postgresql://app:s3cret@db example com/shared', 'its host name is not one'],
  ['postgresql://app:s3cret@db.example.com', 'it names no database'],
  ['postgresql://app:s3cret@db.example.com/', 'it names no database'],
  ['postgresql://app:s3cret@/shared?host=/tmp&port=s3cret', 'its port is not a number'],
  ['postgresql://app:s3cret@h/shared?sslmode=verify-full&sslrootcert=/no/such/s3cret.pem', 'it is not a URL'],
])('%s is refused, its place told and its password not', (url, reason) => {
  let thrown: unknown;
  try {
    parseConnectionString(url, PLACE, 'default');
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toMatchObject({
    code: 'CONNECTION_STRING_INVALID',
    message: expect.stringContaining(`${PLACE} cannot be read as a connection string: ${reason}`) as string,
    hint: 'write it as postgresql://USER:PASSWORD@HOST:PORT/DATABASE',
  });
  expect(inspect(thrown, { depth: Infinity, showHidden: true }).replaceAll(import.meta.filename, '')).not.toContain(
    's3cret',
  );
});

test('a connection string is written with every part percent-encoded', () => {
  expect(formatConnectionString(FULL)).toBe('postgresql://app:s3cret@db.example.com:5433/shared');
  expect(formatConnectionString({ ...FULL, user: 'a@b', password: 'p/:#?%', database: 'my "db" 1%' })).toBe(
    'postgresql://a%40b:p%2F%3A%23%3F%25@db.example.com:5433/my%20%22db%22%201%25',
  );
  expect(formatConnectionString({ ...FULL, password: undefined, ssl: false })).toBe(
    'postgresql://app@db.example.com:5433/shared?sslmode=disable',
  );
  expect(formatConnectionString({ ...FULL, host: '::1' })).toBe('postgresql://app:s3cret@[::1]:5433/shared');
  expect(formatConnectionString({ ...FULL, host: '/var/run/postgresql', ssl: true })).toBe(
    'postgresql://app:s3cret@/shared?host=%2Fvar%2Frun%2Fpostgresql&port=5433&sslmode=verify-full',
  );
  expect(formatConnectionString({ ...FULL, ssl: { rejectUnauthorized: false } })).toBe(
    'postgresql://app:s3cret@db.example.com:5433/shared?sslmode=no-verify',
  );
});

const AWKWARD: readonly Partial<ConnectionParameters>[] = [
  {},
  { password: undefined },
  { user: 'o\u2019neil @home:/', password: ':/?#[]@!$&\'()*+,;=% "\\' },
  { password: 'pässwörd 東京' },
  { database: 'Mixed Case "quoted" \'name\'' },
  { database: 'a/b:c@d&e=f+g$h;i,j' },
  { database: 'hundred % and %2F' },
  { host: '::1', ssl: false },
  { host: '/tmp/my socket', ssl: false },
  { ssl: { rejectUnauthorized: false } },
  { ssl: {} },
];

test.each(AWKWARD)('what is written for %o is read the same', (changes) => {
  const parameters = { ...FULL, ...changes };
  expect(parseConnectionString(formatConnectionString(parameters), PLACE, 'default')).toEqual(parameters);
});

test.each(AWKWARD)('pg reads what is written for %o as we do', (changes) => {
  const { host, port, user, password, database } = { ...FULL, ...changes };
  vi.stubEnv('PGPASSWORD', undefined); // pg would take it where a URL has none
  const client = new pg.Client({ connectionString: formatConnectionString({ ...FULL, ...changes }) });
  vi.unstubAllEnvs();
  expect([client.host, client.port, client.user, client.password ?? undefined, client.database]).toEqual([
    host,
    port,
    user,
    password,
    database,
  ]);
});

test.each(['what?', 'number#1'])(
  'the database name %s, which pg cannot read out of a URL, is read by us',
  (database) => {
    const parameters = { ...FULL, database };
    expect(parseConnectionString(formatConnectionString(parameters), PLACE, 'default')).toEqual(parameters);
  },
);

test('people are told user, host, port and database', () => {
  expect(describeConnection(FULL)).toBe('app@db.example.com:5433/shared');
});
