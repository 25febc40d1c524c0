import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { readServerFile, serverFilePath } from '@atriz/database/workspace';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { query, temporaryWorkspace } from './fixtures/workspace.ts';
import { findServer, startServer, stopServer } from './index.ts';
import { waitForEnd } from './postmaster-process.ts';

let workspace: Awaited<ReturnType<typeof temporaryWorkspace>>;
let root: string;
beforeAll(async () => {
  workspace = await temporaryWorkspace();
  root = workspace.root;
});
afterAll(() => workspace[Symbol.asyncDispose]());

test('a workspace without a server has none to find or to stop, and asking leaves nothing behind', async () => {
  await expect(findServer({ root })).resolves.toBeUndefined();
  await expect(stopServer({ root })).resolves.toBe(false);
  await expect(stat(join(root, '.atriz'))).rejects.toThrow('ENOENT');
});

test('the first start says what it does, and the server is found as long as it runs', async () => {
  const messages: string[] = [];
  const server = await startServer({ root, onProgress: (message) => messages.push(message) });
  expect(server).toMatchObject({ host: '127.0.0.1', user: 'postgres', started: true });
  expect(messages).toEqual([
    'initialising PostgreSQL 18 in .atriz/postgresql/data',
    'starting PostgreSQL 18 in .atriz/postgresql/data',
  ]);
  await expect(findServer({ root })).resolves.toEqual({ ...server, started: false });
  await expect(startServer({ root })).resolves.toEqual({ ...server, started: false });
});

test('server.json tells its owner, and nobody else, how to connect', async () => {
  const server = await findServer({ root });
  const { host, port, user, password, dataDirectory } = server!;
  await expect(readServerFile(root)).resolves.toEqual({ host, port, user, password, dataDirectory });
  expect((await stat(serverFilePath(root))).mode & 0o777).toBe(0o600);
});

test('it listens on loopback only, asks for the password, and speaks UTF-8, C.UTF-8 and UTC', async () => {
  const server = (await findServer({ root }))!;
  await expect(query({ ...server, password: 'wrong' }, 'SELECT 1')).rejects.toMatchObject({ code: '28P01' });
  const settings = await query(
    server,
    `SELECT name, setting FROM pg_settings
     WHERE name IN ('fsync', 'listen_addresses', 'max_connections', 'server_encoding', 'synchronous_commit',
                    'TimeZone', 'unix_socket_directories', 'password_encryption')
     ORDER BY name COLLATE "C"`,
  );
  expect(Object.fromEntries(settings.map(({ name, setting }) => [name, setting]))).toEqual({
    TimeZone: 'UTC',
    fsync: 'on',
    listen_addresses: '127.0.0.1',
    max_connections: '200',
    password_encryption: 'scram-sha-256',
    server_encoding: 'UTF8',
    synchronous_commit: 'off',
    unix_socket_directories: '',
  });
  const [database] = await query(server, `SELECT datlocprovider, datlocale, upper('é') FROM pg_database LIMIT 1`);
  expect(database).toEqual({ datlocprovider: 'b', datlocale: 'C.UTF-8', upper: 'É' });
});

test('a stop and a start keep the data, the port and the password', async () => {
  const before = await startServer({ root });
  await query(before, 'CREATE TABLE kept AS SELECT 42 AS answer');
  await expect(stopServer({ root })).resolves.toBe(true);
  await expect(findServer({ root })).resolves.toBeUndefined();
  await expect(stopServer({ root })).resolves.toBe(false);
  const after = await startServer({ root });
  expect(after).toEqual({ ...before, pid: after.pid, started: true });
  await expect(query(after, 'SELECT answer FROM kept')).resolves.toEqual([{ answer: 42 }]);
});

test('a start after kill -9 of the postmaster recovers, with a session at work at that moment', async () => {
  const before = await startServer({ root });
  const sleeper = query(before, 'SELECT pg_sleep(60)').catch((error: unknown) => error);
  await query(before, 'CHECKPOINT');
  process.kill(before.pid, 'SIGKILL');
  await expect(sleeper).resolves.toBeInstanceOf(Error);
  await waitForEnd(before.pid, { dataDirectory: before.dataDirectory, waitMs: 5_000 });
  await expect(findServer({ root })).resolves.toBeUndefined();
  const after = await startServer({ root });
  expect(after).toMatchObject({ started: true, port: before.port });
  await expect(query(after, 'SELECT answer FROM kept')).resolves.toEqual([{ answer: 42 }]);
});

test('a postmaster.pid whose pid belongs to another process by now is not believed', async () => {
  const { dataDirectory, pid } = await startServer({ root });
  const pidFile = join(dataDirectory, 'postmaster.pid');
  const lines = await readFile(pidFile, 'utf8');
  await stopServer({ root });
  await using stranger = await strangerProcess();
  await writeFile(pidFile, lines.replace(String(pid), String(stranger.pid)));
  await expect(findServer({ root })).resolves.toBeUndefined();
  await expect(stopServer({ root })).resolves.toBe(false);
  await expect(startServer({ root })).resolves.toMatchObject({ started: true });
});

test('a copied checkout gets a server of its own while the original runs', async () => {
  const original = await startServer({ root });
  await stopServer({ root });
  await using copy = await temporaryWorkspace();
  await cp(join(root, '.atriz'), join(copy.root, '.atriz'), { recursive: true, preserveTimestamps: true });
  await giveTo(original.dataDirectory, join(copy.root, '.atriz/postgresql/data'));
  const running = await startServer({ root });
  await cp(join(running.dataDirectory, 'postmaster.pid'), join(copy.root, '.atriz/postgresql/data/postmaster.pid'));
  await expect(findServer({ root: copy.root })).resolves.toBeUndefined();
  const copied = await startServer({ root: copy.root });
  expect(copied.started).toBe(true);
  expect(copied.port).not.toBe(running.port);
  await expect(query(copied, 'SELECT answer FROM kept')).resolves.toEqual([{ answer: 42 }]);
  await expect(findServer({ root })).resolves.toMatchObject({ pid: running.pid });
});

test('a server of which server.json was lost is found, and the file comes back at the next start', async () => {
  const running = await startServer({ root });
  await writeFile(serverFilePath(root), '{"dataDirectory":"/elsewhere"}');
  await expect(findServer({ root })).resolves.toMatchObject({ pid: running.pid, password: running.password });
  await stopServer({ root });
  const { port, password } = await startServer({ root });
  await expect(readServerFile(root)).resolves.toMatchObject({ port, password });
});

test('a port that was taken since is replaced, unless the caller named it', async () => {
  const { port } = await startServer({ root });
  await stopServer({ root });
  await using _squatter = await listener(port);
  await expect(startServer({ root, port })).rejects.toMatchObject({
    code: 'PORT_TAKEN',
    message: `port ${port} of 127.0.0.1 is taken by another program`,
  });
  const moved = await startServer({ root });
  expect(moved.port).not.toBe(port);
  await expect(startServer({ root, port })).rejects.toMatchObject({ code: 'ARGUMENT_INVALID' });
  await expect(startServer({ root, port: moved.port })).resolves.toMatchObject({ started: false });
});

test('a server that refuses this one session for a reason of its own counts as running', async () => {
  const server = await startServer({ root });
  await query(server, 'ALTER DATABASE postgres ALLOW_CONNECTIONS false', { database: 'template1' });
  await expect(findServer({ root })).resolves.toMatchObject({ pid: server.pid });
  await query(server, 'ALTER DATABASE postgres ALLOW_CONNECTIONS true', { database: 'template1' });
});

test('a server whose password somebody changed is an error, not a server that is missing', async () => {
  const server = await startServer({ root });
  await query(server, `ALTER ROLE postgres PASSWORD 'changed'`);
  await expect(startServer({ root })).rejects.toMatchObject({ code: 'AUTHENTICATION_FAILED' });
  await query({ ...server, password: 'changed' }, `ALTER ROLE postgres PASSWORD '${server.password}'`);
});

test('data of another major version is refused and left alone, with both versions and the directory named', async () => {
  await using old = await temporaryWorkspace();
  const dataDirectory = join(old.root, '.atriz/postgresql/data');
  await mkdir(dataDirectory, { recursive: true });
  await writeFile(join(dataDirectory, 'PG_VERSION'), '17\n');
  await expect(startServer({ root: old.root })).rejects.toMatchObject({
    code: 'EMBEDDED_DATA_VERSION',
    message: `${dataDirectory} was written by PostgreSQL 17, and the embedded server is PostgreSQL 18`,
    hint: expect.stringContaining('pg_dumpall'),
  });
  await expect(readFile(join(dataDirectory, 'PG_VERSION'), 'utf8')).resolves.toBe('17\n');
});

test('a server that fails is reported with its last words and its log', async () => {
  const { dataDirectory } = (await findServer({ root }))!;
  await stopServer({ root });
  await writeFile(join(dataDirectory, 'postgresql.auto.conf'), 'no_such_setting = 1\n');
  const start = startServer({ root });
  await expect(start).rejects.toMatchObject({
    code: 'EMBEDDED_FAILED',
    hint: `read the rest in ${join(root, '.atriz/postgresql.log')}`,
  });
  await expect(start).rejects.toThrow('unrecognized configuration parameter "no_such_setting"');
});

/** Copies the ownership of a tree, which PostgreSQL insists on and which `cp` does not keep. */
async function giveTo(like: string, path: string): Promise<void> {
  const { uid, gid } = await stat(like);
  await once(spawn('chown', ['-R', `${uid}:${gid}`, path]), 'exit');
}

async function strangerProcess(): Promise<AsyncDisposable & { pid: number }> {
  const child = spawn('sleep', ['60']);
  await once(child, 'spawn');
  return {
    pid: child.pid!,
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
  };
}

async function listener(port: number): Promise<AsyncDisposable> {
  const server = createServer().listen(port, '127.0.0.1');
  await once(server, 'listening');
  return server;
}
