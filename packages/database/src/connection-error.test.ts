import { createServer, type AddressInfo } from 'node:net';
import { inspect } from 'node:util';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openEmptyDatabase, type EmptyDatabase } from '../test/empty-database.ts';
import { toConnectionError } from './connection-error.ts';
import { AtrizError } from './errors.ts';
import { parseConnectionString, type ConnectionParameters } from './workspace/connection-string.ts';

const PASSWORD = 's3cret';

let database: EmptyDatabase;
let server: ConnectionParameters;
/** A role of this run's own. */
let role: string;
beforeAll(async () => {
  database = await openEmptyDatabase();
  server = parseConnectionString(database.connectionString, 'the test database', '');
  role = `role_of_${server.database}`;
  await database.db.query(`CREATE ROLE ${role} LOGIN PASSWORD '${PASSWORD}'`);
});
afterAll(async () => {
  await database.db.query(`DROP ROLE ${role}`);
  await database.drop();
});

/** Fails to connect, and gives the error as Atriz tells it, after looking for the password everywhere in it. */
async function failToConnect(changes: Partial<ConnectionParameters>): Promise<AtrizError> {
  const { ssl: _, password, ...place } = { ...server, password: PASSWORD, ...changes };
  const client = new pg.Client({ ...place, password, ssl: false, connectionTimeoutMillis: 500 });
  client.on('error', () => undefined);
  const cause = await client.connect().then(
    async () => {
      await client.end();
      throw new Error('it did connect');
    },
    (error: unknown) => error,
  );
  const error = toConnectionError(cause, place);
  expect(error).toBeInstanceOf(AtrizError);
  expect(error.cause).toBe(cause);
  expect(inspect(error, { depth: Infinity, showHidden: true })).not.toContain(password);
  expect(JSON.stringify(error)).not.toContain(password);
  return error;
}

test('a port where nobody listens is SERVER_UNREACHABLE with host and port', async () => {
  const port = await freePort();
  await expect(failToConnect({ host: '127.0.0.1', port })).resolves.toMatchObject({
    code: 'SERVER_UNREACHABLE',
    message: `no PostgreSQL answers at 127.0.0.1:${port}: connect ECONNREFUSED 127.0.0.1:${port}`,
    hint: 'start the server, or see which settings were used: pnpm check:env',
  });
});

test('a host name that nobody knows is SERVER_UNREACHABLE', async () => {
  const error = await failToConnect({ host: 'db.invalid' });
  expect(error.code).toBe('SERVER_UNREACHABLE');
  expect(error.message).toMatch(/^no PostgreSQL answers at db\.invalid:\d+: .*db\.invalid/);
});

test('a Unix socket that is not there is SERVER_UNREACHABLE', async () => {
  await expect(failToConnect({ host: '/nowhere/at/all', port: 5432 })).resolves.toMatchObject({
    code: 'SERVER_UNREACHABLE',
    message: 'no PostgreSQL answers at /nowhere/at/all:5432: connect ENOENT /nowhere/at/all/.s.PGSQL.5432',
  });
});

test('a server that never answers is SERVER_UNREACHABLE after the connection timeout', async () => {
  const silent = createServer();
  await new Promise<void>((resolve) => void silent.listen(0, '127.0.0.1', resolve));
  const { port } = silent.address() as AddressInfo;
  await expect(failToConnect({ host: '127.0.0.1', port })).resolves.toMatchObject({ code: 'SERVER_UNREACHABLE' });
  silent.close();
});

test('something that hangs up at once is SERVER_UNREACHABLE', async () => {
  const rude = createServer((socket) => void socket.destroy());
  await new Promise<void>((resolve) => void rude.listen(0, '127.0.0.1', resolve));
  const { port } = rude.address() as AddressInfo;
  await expect(failToConnect({ host: '127.0.0.1', port })).resolves.toMatchObject({ code: 'SERVER_UNREACHABLE' });
  rude.close();
});

test('a host whose addresses all refuse is told with each of them', () => {
  const refused = ['::1', '127.0.0.1'].map((address) =>
    Object.assign(new Error(`connect ECONNREFUSED ${address}:5432`), { code: 'ECONNREFUSED' }),
  );
  const place = { host: 'localhost', port: 5432, user: 'u', database: 'd' };
  expect(toConnectionError(new AggregateError(refused), place)).toMatchObject({
    code: 'SERVER_UNREACHABLE',
    message:
      'no PostgreSQL answers at localhost:5432: connect ECONNREFUSED ::1:5432, connect ECONNREFUSED 127.0.0.1:5432',
  });
});

test('a wrong password is AUTHENTICATION_FAILED with the user', async () => {
  await expect(failToConnect({ user: role, password: 's3cret wrong' })).resolves.toMatchObject({
    code: 'AUTHENTICATION_FAILED',
    message:
      `${server.host}:${server.port} does not let user "${role}" in: ` +
      `password authentication failed for user "${role}"`,
    hint: 'see which settings were used: pnpm check:env',
  });
});

test('a database that does not exist is DATABASE_MISSING, and the hint says which command makes it', async () => {
  await expect(failToConnect({ ...server, database: 'no such database' })).resolves.toMatchObject({
    code: 'DATABASE_MISSING',
    message: `database "no such database" does not exist on ${server.host}:${server.port}`,
    hint: 'create it with: pnpm db:create',
  });
});

test('any other refusal is CONNECTION_FAILED with the server’s words', async () => {
  await database.db.query(`REVOKE CONNECT ON DATABASE "${server.database}" FROM PUBLIC`);
  const error = await failToConnect({ user: role });
  expect(error).toMatchObject({ code: 'CONNECTION_FAILED', cause: { code: '42501' } });
  expect(error.message).toBe(
    `cannot connect to "${server.database}" at ${server.host}:${server.port}: ` +
      `permission denied for database "${server.database}"`,
  );
});

test('a server that is starting up is SERVER_UNREACHABLE, to be tried again', () => {
  const cause = Object.assign(new Error('the database system is starting up'), { severity: 'FATAL', code: '57P03' });
  expect(toConnectionError(cause, { host: 'h', port: 1, user: 'u', database: 'd' })).toMatchObject({
    code: 'SERVER_UNREACHABLE',
    message: 'h:1 does not accept connections yet: the database system is starting up',
    hint: 'try again in a moment',
  });
});

test('an AtrizError is given back as it is', () => {
  const error = new AtrizError('INTERRUPTED', 'stopped');
  expect(toConnectionError(error, { host: 'h', port: 1, user: 'u', database: 'd' })).toBe(error);
});

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => void probe.listen(0, '127.0.0.1', resolve));
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => void probe.close(resolve));
  return port;
}
