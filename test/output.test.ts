import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { runShell } from './harness/command.ts';
import { openTestServer, type Server } from './harness/server.ts';
import { createWorkspace, migration, seed, type Workspace } from './harness/workspace.ts';

const ESCAPE = '\u001B';

const PACKAGES = {
  core: {
    migrations: {
      '1700000000001_users.sql': migration('CREATE TABLE users (name text);', 'DROP TABLE users;'),
      '1700000000002_roles.sql': migration('CREATE TABLE roles (name text);', 'DROP TABLE roles;'),
    },
    seeds: { '001_users.ts': seed(`await client.query('INSERT INTO users VALUES ($1)', ['s3cret-value']);`) },
  },
  shop: {
    dependsOn: ['core'],
    migrations: { '1700000000001_sales.sql': migration('CREATE TABLE sales (id int);', 'DROP TABLE sales;') },
  },
};

let server: Server;
let workspace: Workspace;
beforeAll(async () => {
  server = await openTestServer();
  workspace = await createWorkspace(PACKAGES, server);
});
beforeEach(() => server.drop([workspace.database('core'), workspace.database('shop')]));
afterAll(() => workspace[Symbol.asyncDispose]());

test('setup tells one line a database, the sum, and the family’s status; what it does on the way goes to stderr', async () => {
  const { code, stdout, stderr } = await workspace.atriz(['setup']);

  expect(code).toBe(0);
  expect(stdout.replaceAll(/ {2,}/g, '  ')).toBe(`core  created, 2 migrations, 1 seed  … ms
shop  created, 1 migration  … ms
2 databases done in … ms

DATABASE  OWNER  PROVIDER  APPLIED  PENDING  STATE
core  @fixture/core  postgresql  2  0  up to date
shop  @fixture/shop  postgresql  1  0  up to date
`);
  expect(stderr).toBe(`core: creating database "core"
core: applying 1700000000001_users (1 of 2)
core: applying 1700000000002_roles (2 of 2)
core: seeded 001_users
shop: creating database "shop"
shop: applying 1700000000001_sales (1 of 1)
`);
  const again = await workspace.atriz(['setup']);
  expect(again.stdout).toContain('core  nothing to do  ');
  expect(again.stderr).toBe('');
});

test('--json prints exactly one JSON document on stdout, whatever the command and however it ends', async () => {
  const runs: [args: string[], code: number, env?: Record<string, string>][] = [
    [['status'], 1],
    [['migrate'], 1],
    [['setup'], 0],
    [['create'], 0],
    [['migrate'], 0],
    [['migrate', 'up'], 0],
    [['migrate', 'redo'], 0],
    [['migrate', 'status'], 0],
    [['migrate', 'create', 'x', '--database', '@fixture/shop'], 0],
    [['migrate'], 1],
    [['migrate', 'create', 'x'], 2],
    [['migrate', 'create'], 2],
    [['seed'], 0],
    [['health'], 0],
    [['check', 'env'], 0],
    [['start'], 0],
    [['stop'], 0],
    [['clean'], 3],
    [['clean', '--yes'], 0],
    [['migrate', 'down', '--database', '@fixture/core'], 0],
    [['migrate', 'down', '--count=0'], 2],
    [['nonsense'], 2],
    [['status', '--nonsense'], 2],
    [['status', '--database', 'nonsense'], 2],
    [['status'], 4, { PGPORT: '1' }],
    [['migrate'], 4, { PGPORT: '1' }],
    [['migrate'], 1, { LOG_LEVEL: 'loud' }],
    [['check', 'env'], 1, { NODE_ENV: 'production' }],
    [['reset', '--yes', '--database', '@fixture/core'], 0],
    [['drop', '--yes'], 0],
  ];
  await using own = await createWorkspace(PACKAGES, server);
  for (const [args, code, env] of runs) {
    const result = await own.atriz([...args, '--json'], env ? { env } : {});
    expect({ args, code: result.code, isDocument: isObject(result.stdout) }).toEqual({ args, code, isDocument: true });
  }
});

test('an error is a document with code, message and hint', async () => {
  const usage = await workspace.atriz(['migrate', '--count=x', '--json']);
  expect(JSON.parse(usage.stdout)).toEqual({
    error: {
      code: 'ARGUMENT_INVALID',
      message: "option '--count <number>' argument 'x' is invalid. It is not a whole number of at least 1.",
      hint: 'add --help to see how the command is used',
    },
  });
  const missing = await workspace.atriz(['seed', '--json'], { in: 'core' });
  expect(JSON.parse(missing.stdout)).toEqual({
    run: expect.any(String) as string,
    databases: [
      {
        committed: [],
        name: 'core',
        owner: '@fixture/core',
        status: 'failed',
        durationMs: 0,
        error: {
          code: 'DATABASE_MISSING',
          message: 'database "core" does not exist on SERVER',
          hint: 'create it with: pnpm db:create',
        },
      },
    ],
  });
});

test('LOG_LEVEL=debug prints every statement with its time on stderr, and neither values nor passwords', async () => {
  const { code, stdout, stderr } = await workspace.atriz(['setup', '--json'], { env: { LOG_LEVEL: 'debug' } });

  expect(code).toBe(0);
  expect(isObject(stdout)).toBe(true);
  expect(stderr).toMatch(/^core: … ms {2}CREATE DATABASE "core"$/m);
  expect(stderr).toMatch(/^core: … ms {2}SELECT pg_try_advisory_lock\(7241865325823964\) AS locked$/m);
  expect(stderr).toMatch(/^core: … ms .*CREATE TABLE users \(name text\);/m);
  expect(stderr).toMatch(/^core: … ms {2}INSERT INTO users VALUES \(\$1\)$/m);
  expect(stderr).not.toContain('s3cret-value');
});

test('LOG_LEVEL=silent says nothing on the way, LOG_LEVEL=error only what failed, and another word is refused', async () => {
  await expect(workspace.atriz(['migrate'], { in: 'core', env: { LOG_LEVEL: 'silent' } })).resolves.toMatchObject({
    code: 1,
    stderr: '',
  });
  await expect(workspace.atriz(['create'], { in: 'core', env: { LOG_LEVEL: 'error' } })).resolves.toMatchObject({
    code: 0,
    stderr: '',
  });
  await expect(workspace.atriz(['status'], { env: { LOG_LEVEL: 'bogus' } })).resolves.toEqual({
    code: 1,
    stdout: '',
    stderr: 'SETTING_INVALID LOG_LEVEL is "bogus"\nhint set it to one of: debug, info, warn, error, silent\n',
  });
});

test('there is no colour where the output is no terminal, unless FORCE_COLOR asks for it; NO_COLOR forbids it', async () => {
  expect(await findColour({})).toEqual({ stdout: false, stderr: false });
  expect(await findColour({ FORCE_COLOR: '1' })).toEqual({ stdout: true, stderr: true });
  expect(await findColour({ NO_COLOR: '1' })).toEqual({ stdout: false, stderr: false });
});

test('a reader that closes stdout early ends the output, not the work, and nothing is said of it', async () => {
  const line = '$ATRIZ setup | head -c 1 > /dev/null';
  await expect(runShell(line, workspace.surroundings({ env: { LOG_LEVEL: 'error' } }))).resolves.toEqual({
    code: 0,
    stdout: '',
    stderr: '',
  });
  const status = await workspace.atriz(['status']);
  expect(status.stdout.match(/up to date/g)).toHaveLength(2);

  for (const command of ['status --json', 'status', '--help', 'check env --json', 'bogus --json']) {
    const { stderr } = await runShell(`($ATRIZ ${command}; echo "code $?" >&2) | true`, workspace.surroundings());
    expect(stderr).not.toMatch(/EPIPE|\n {4}at /);
    expect(stderr).toContain(command.startsWith('bogus') ? 'code 2' : 'code 0');
  }
});

test('a reader that closes stderr early ends the telling, not the work', async () => {
  const line = '{ $ATRIZ setup --json 2>&1 1>&3 | true; } 3>&1';
  const { stdout } = await runShell(line, workspace.surroundings());

  expect(JSON.parse(stdout)).toMatchObject({ databases: [{ status: 'done' }, { status: 'done' }] });
});

test('help and usage say what there is', async () => {
  const help = await workspace.atriz(['--help']);
  expect(help).toMatchObject({ code: 0, stderr: '' });
  for (const command of ['setup', 'create', 'migrate', 'seed', 'clean', 'reset', 'drop', 'status', 'health', 'start']) {
    expect(help.stdout).toMatch(new RegExp(`^  ${command} `, 'm'));
  }
  const bare = await workspace.atriz([]);
  expect(bare).toMatchObject({ code: 2, stdout: '' });
  expect(bare.stderr).toContain('Usage: atriz');
  await expect(workspace.atriz(['statsu'])).resolves.toEqual({
    code: 2,
    stdout: '',
    stderr: `ARGUMENT_INVALID unknown command 'statsu'
(Did you mean status?)
hint add --help to see how the command is used
`,
  });
});

async function findColour(env: Record<string, string>): Promise<object> {
  const { stdout, stderr } = await workspace.atriz(['migrate'], { env });
  return { stdout: stdout.includes(ESCAPE), stderr: stderr.includes(ESCAPE) };
}

function isObject(text: string): boolean {
  const document: unknown = JSON.parse(text);
  return typeof document === 'object' && document !== null;
}
