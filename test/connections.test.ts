import { afterAll, beforeAll, expect, test } from 'vitest';
import { openTestServer, type Server } from './harness/server.ts';
import { createWorkspace, migration, seed, type Workspace } from './harness/workspace.ts';

const PLANTS = { '1700000000001_plants.sql': migration('CREATE TABLE plants (name text);', 'DROP TABLE plants;') };
const SEEDS = { '001_plants.ts': seed(`await client.query("INSERT INTO plants VALUES ('oak')");`) };

let server: Server;
let workspace: Workspace;
beforeAll(async () => {
  server = await openTestServer();
  workspace = await createWorkspace(
    { garden: { migrations: PLANTS, seeds: SEEDS }, orchard: { migrations: PLANTS, seeds: SEEDS } },
    server,
  );
});
afterAll(() => workspace[Symbol.asyncDispose]());

test('a server that does not answer is told by host and port, with exit code 4 and no stack', async () => {
  const env = { PGHOST: '127.0.0.1', PGPORT: '1' };
  for (const command of ['create', 'migrate', 'seed', 'setup', 'health']) {
    await expect(workspace.atriz([command], { in: 'garden', env })).resolves.toEqual({
      code: 4,
      stdout: 'garden  failed                            … ms\n',
      stderr: `garden: SERVER_UNREACHABLE no PostgreSQL answers at 127.0.0.1:1: connect ECONNREFUSED 127.0.0.1:1
hint start the server, or see which settings were used: pnpm check:env
`,
    });
  }
  const status = await workspace.atriz(['status'], { env });
  expect(status.code).toBe(4);
  expect(status.stderr).toBe('');
  expect(status.stdout).toContain(
    `orchard: SERVER_UNREACHABLE no PostgreSQL answers at 127.0.0.1:1: connect ECONNREFUSED 127.0.0.1:1
hint start the server, or see which settings were used: pnpm check:env
`,
  );
});

test('a host name that does not exist is an unreachable server', async () => {
  const { code, stderr } = await workspace.atriz(['migrate'], { in: 'garden', env: { PGHOST: 'db.invalid' } });

  expect(code).toBe(4);
  expect(stderr).toContain('SERVER_UNREACHABLE no PostgreSQL answers at db.invalid:');
});

test('a wrong password is told with the user and the server, never with the password', async () => {
  const { code, stdout, stderr } = await workspace.atriz(['migrate'], {
    in: 'garden',
    env: { PGPASSWORD: 'open sesame' },
  });
  const { user } = server.parameters;

  expect(code).toBe(1);
  expect(stderr).toBe(
    `garden: AUTHENTICATION_FAILED SERVER does not let user "${user}" in: password authentication failed for user "${user}"
hint see which settings were used: pnpm check:env
`,
  );
  expect(stdout + stderr).not.toContain('open sesame');
});

test('a database that does not exist is told with the command that creates it', async () => {
  for (const command of [['migrate'], ['migrate', 'down'], ['seed'], ['clean', '--yes'], ['health']]) {
    await expect(workspace.atriz(command, { in: 'garden' })).resolves.toEqual({
      code: 1,
      stdout: 'garden  failed                            … ms\n',
      stderr: `garden: DATABASE_MISSING database "garden" does not exist on SERVER
hint create it with: pnpm db:create
`,
    });
  }
});

test('a URL that cannot be parsed is told by its variable, and the password is never printed', async () => {
  const cases = [
    [
      'postgresql://me:s3cr/t@host/db',
      'an @ stands in its path; are special characters of the password percent-encoded?',
    ],
    [
      'postgresql://me:s3cr#t/@host:5432/db',
      'it is not a URL; are special characters of the password percent-encoded?',
    ],
    ['mysql://me:s3cr-t@host/db', 'it does not begin with postgresql://'],
    ['postgresql://me:s3cr-t@host', 'it names no database'],
  ] as const;
  for (const [url, reason] of cases) {
    for (const LOG_LEVEL of ['info', 'debug']) {
      const env = { DATABASE_URL: url, LOG_LEVEL };
      for (const command of [['migrate'], ['status'], ['check', 'env'], ['check', 'env', '--json']]) {
        const { code, stdout, stderr } = await workspace.atriz(command, { in: 'garden', env });
        expect(code).toBe(1);
        expect(stdout + stderr).toContain('CONNECTION_STRING_INVALID');
        expect(stdout + stderr).toContain(
          `DATABASE_URL of the process cannot be read as a connection string: ${reason}`,
        );
        expect(stdout + stderr).toContain('write it as postgresql://USER:PASSWORD@HOST:PORT/DATABASE');
        expect(stdout + stderr).not.toContain('s3cr');
      }
    }
  }
});

test('production never guesses: without a URL nothing is connected to, and the variable is named', async () => {
  await expect(workspace.atriz(['migrate'], { in: 'garden', env: { NODE_ENV: 'production' } })).resolves.toEqual({
    code: 1,
    stdout: 'garden  failed                            … ms\n',
    stderr: `garden: CONNECTION_NOT_CONFIGURED NODE_ENV is "production", but nothing says where "garden" is: DATABASE_URL is not set
hint set DATABASE_URL in the environment or in .env
`,
  });
});

test('check env tells which variable of which file decides, and a variable of the process beats a file', async () => {
  const { variables } = server;
  const set = Object.keys(variables).join(', ');
  await workspace.write('packages/garden/.env', `DATABASE_URL=postgresql://me:hush@db.example:6543/plants\n`);

  await expect(workspace.atriz(['check', 'env'])).resolves.toMatchObject({
    code: 0,
    stdout: expect.stringMatching(
      /garden +me@db\.example:6543\/plants +DATABASE_URL of packages\/garden\/\.env\norchard +\S+@SERVER\/orchard +/,
    ) as string,
  });
  const overridden = await workspace.atriz(['check', 'env'], { env: { DATABASE_URL: server.url('elsewhere') } });
  expect(overridden.stdout).toMatch(/garden +\S+@SERVER\/elsewhere +DATABASE_URL of the process\n/);
  expect((await workspace.atriz(['check', 'env'])).stdout).toContain(`${set} of the process\n`);
  await workspace.write('packages/garden/.env', '');
});

test('DB_POOL_MAX=abc is told by check env, and by every command that opens a pool', async () => {
  const env = { DB_POOL_MAX: 'abc' };
  const message = 'SETTING_INVALID DB_POOL_MAX is "abc", not a whole number of at least 1';
  const hint = 'hint set DB_POOL_MAX to a number, or remove it to use the default\n';

  await expect(workspace.atriz(['check', 'env'], { env })).resolves.toMatchObject({
    code: 1,
    stderr: `${message}\n${hint}`,
  });
  const json = await workspace.atriz(['check', 'env', '--json'], { env });
  expect(JSON.parse(json.stdout)).toMatchObject({
    databases: [{ name: 'garden' }, { name: 'orchard' }],
    problems: [{ code: 'SETTING_INVALID', message: 'DB_POOL_MAX is "abc", not a whole number of at least 1' }],
  });
  await expect(workspace.atriz(['health'], { in: 'garden', env })).resolves.toMatchObject({
    code: 1,
    stderr: `garden: ${message}\n${hint}`,
  });
});

test('a database whose name needs quoting goes through every command', async () => {
  const name = `atriz_test_${process.pid} weird "name" & co`;
  await using weird = await createWorkspace({ a: { database: name, migrations: PLANTS, seeds: SEEDS } }, server);
  const run = async (...args: string[]) => (await weird.atriz([...args, '--json'])).stdout;

  expect(JSON.parse(await run('create'))).toMatchObject({ databases: [{ name, status: 'done', created: true }] });
  expect(JSON.parse(await run('migrate'))).toMatchObject({ databases: [{ applied: ['1700000000001_plants'] }] });
  expect(JSON.parse(await run('seed'))).toMatchObject({ databases: [{ seeded: ['001_plants'] }] });
  expect(JSON.parse(await run('health'))).toMatchObject({ databases: [{ status: 'done', connected: true }] });
  expect(JSON.parse(await run('clean', '--yes'))).toMatchObject({ databases: [{ tables: 1, rows: 1 }] });
  expect(JSON.parse(await run('migrate', 'redo'))).toMatchObject({
    databases: [{ applied: ['1700000000001_plants'] }],
  });
  expect(JSON.parse(await run('reset', '--yes'))).toMatchObject({
    databases: [{ created: true, seeded: ['001_plants'] }],
  });
  expect(JSON.parse(await run('status'))).toEqual({
    databases: [
      { name, owner: '@fixture/a', provider: 'postgresql', reachable: true, applied: 1, pending: [], problems: [] },
    ],
  });
  expect(JSON.parse(await run('drop', '--yes'))).toMatchObject({ databases: [{ dropped: true }] });
  await expect(server.databaseExists(name)).resolves.toBe(false);
});

test('a URL with a percent-encoded database name reaches that database', async () => {
  const name = `atriz_test_${process.pid} 100% "sure"?`;
  await using other = await createWorkspace({ a: { database: name, migrations: PLANTS } }, server);

  await expect(other.atriz(['setup'], { in: 'a', env: { DATABASE_URL: server.url(name) } })).resolves.toMatchObject({
    code: 0,
  });
  await expect(other.atriz(['health'])).resolves.toMatchObject({ code: 0 });
  await expect(server.databaseExists(name)).resolves.toBe(true);
});

test('a DATABASE_URL that reaches two packages at once, of a database that is new, serves one and is refused to the other', async () => {
  await using other = await createWorkspace(
    {
      a: { migrations: { '1700000000001_a.sql': migration('CREATE TABLE a ();') } },
      b: { migrations: { '1700000000001_b.sql': migration('CREATE TABLE b ();') } },
      shared: {},
    },
    server,
  );
  const env = { DATABASE_URL: server.url(other.database('shared')) };
  const args = ['setup', '--json', '--database', '@fixture/a', '--database', '@fixture/b'];
  const { code, stdout } = await other.atriz(args, { env });
  const { databases } = JSON.parse(stdout) as {
    databases: { name: string; status: string; error?: { code: string } }[];
  };
  const winner = databases.find(({ status }) => status === 'done');
  const loser = databases.find(({ status }) => status === 'failed');

  expect(code).toBe(3);
  expect(loser!.error!.code).toBe('IDENTITY_MISMATCH');
  await expect(
    other.query('shared', `SELECT relname FROM pg_class WHERE relname IN ('a', 'b') AND relkind = 'r'`),
  ).resolves.toEqual([{ relname: winner!.name }]);
  await expect(other.query('shared', 'SELECT name FROM atriz.migrations')).resolves.toEqual([
    { name: `1700000000001_${winner!.name}` },
  ]);
});
