import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readServerFile } from '@atriz/database/workspace';
import { createWorkspace, migration, seed, type Workspace } from './harness/workspace.ts';

const GARDEN = {
  garden: {
    database: 'garden',
    migrations: { '1700000000001_beds.sql': migration('CREATE TABLE beds (id int);') },
    seeds: { '001_beds.ts': seed(`await client.query('INSERT INTO beds VALUES (1)');`) },
  },
};

let workspace: Workspace;
beforeAll(async () => {
  workspace = await createWorkspace(GARDEN);
});
afterAll(async () => {
  await workspace.atriz(['stop']);
  await workspace[Symbol.asyncDispose]();
});

interface Started {
  readonly server: { readonly port: number; readonly pid: number; readonly started: boolean };
}

const start = async (...args: string[]): Promise<Started['server']> =>
  (JSON.parse((await workspace.atriz(['start', '--json', ...args])).stdout) as Started).server;

/** A port that somebody listens on for as long as the result is not disposed of. */
async function takePort(): Promise<{ readonly port: number } & AsyncDisposable> {
  const listener = createServer();
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  const dispose = (): Promise<void> => new Promise((resolve) => listener.close(() => resolve()));
  return { port: (listener.address() as AddressInfo).port, [Symbol.asyncDispose]: dispose };
}

test('stop, where nothing was ever started, says so', async () => {
  await expect(workspace.atriz(['stop'])).resolves.toEqual({
    code: 0,
    stdout: 'the embedded server was not running\n',
    stderr: '',
  });
});

test('a port that is taken is refused with the port, and another one serves', async () => {
  await using taken = await takePort();

  await expect(workspace.atriz(['start', '--port', String(taken.port)])).resolves.toMatchObject({
    code: 4,
    stdout: '',
    stderr: expect.stringContaining(`PORT_TAKEN port ${taken.port} of 127.0.0.1 is taken by another program
hint name another port, or none to get one that is free
`) as string,
  });
  await expect(workspace.atriz(['start', '--port', '70000'])).resolves.toEqual({
    code: 2,
    stdout: '',
    stderr: `ARGUMENT_INVALID option '--port <number>' argument '70000' is invalid. It is not a port, a number from 1 to 65535.
hint add --help to see how the command is used
`,
  });
  const { port, started } = await start();
  expect(started).toBe(true);
  expect(port).not.toBe(taken.port);
});

test('it goes on after the command, and a second start finds it; another port is refused while it runs', async () => {
  const first = await start();
  expect(first.started).toBe(false);
  await expect(workspace.atriz(['start', '--port', String(first.port + 1)])).resolves.toEqual({
    code: 2,
    stdout: '',
    stderr: `ARGUMENT_INVALID the embedded server runs on port ${first.port} already, not on ${first.port + 1}
hint stop it first, or name no port
`,
  });
});

test('a kill -9 of the server leaves a stale postmaster.pid that is in nobody’s way, and loses nothing that was reported', async () => {
  await workspace.atriz(['setup']);
  const { pid } = await start();
  process.kill(pid, 'SIGKILL');

  const { code, stdout, stderr } = await workspace.atriz(['setup']);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^garden {2}nothing to do /);
  expect(stderr).toBe('starting PostgreSQL 18 in .atriz/postgresql/data\n');
  expect((await start()).pid).not.toBe(pid);
});

test('data of another PostgreSQL version is refused with both versions and left alone', async () => {
  await expect(workspace.atriz(['stop'])).resolves.toMatchObject({ stdout: 'PostgreSQL stopped\n' });
  const { dataDirectory } = (await readServerFile(workspace.root))!;
  const versionFile = join(dataDirectory, 'PG_VERSION');
  const version = await readFile(versionFile, 'utf8');
  await writeFile(versionFile, '16\n');

  const { code, stderr } = await workspace.atriz(['migrate']);
  expect(code).toBe(4);
  expect(stderr).toMatch(
    /^garden: EMBEDDED_DATA_VERSION \S+ was written by PostgreSQL 16, and the embedded server is PostgreSQL 18\nhint to keep the data, dump it with PostgreSQL 16/,
  );
  await expect(workspace.atriz(['status'])).resolves.toMatchObject({ code: 4 });

  await writeFile(versionFile, version);
  await expect(workspace.atriz(['status'])).resolves.toMatchObject({ code: 0 });
});

test('with ATRIZ_EPHEMERAL=1 the server is empty at the start and gone at the end', async () => {
  await using other = await createWorkspace(GARDEN);
  const temporary = join(other.root, 'tmp');
  await mkdir(temporary, { mode: 0o777 });
  const env = { DATABASE_PROVIDER: 'embedded', ATRIZ_EPHEMERAL: '1', TMPDIR: temporary };

  for (let run = 0; run < 2; run += 1) {
    const { code, stdout } = await other.atriz(['setup', '--json'], { env });
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ databases: [{ created: true, applied: ['1700000000001_beds'] }] });
  }
  expect((await readdir(temporary)).filter((name) => name.startsWith('atriz'))).toEqual([]);
  await expect(stat(join(other.root, '.atriz'))).rejects.toThrow('ENOENT');
});
