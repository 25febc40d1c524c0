import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { REPOSITORY } from './harness/command.ts';
import { readWhole } from './harness/contents.ts';
import { openTestServer, type Server } from './harness/server.ts';
import { createWorkspace, migration, seed, type Workspace } from './harness/workspace.ts';

const PLANTS = migration('CREATE TABLE plants (name text);', 'DROP TABLE plants;');
const SEED = (name: string): string => seed(`await client.query("INSERT INTO plants VALUES ('${name}')");`);

let server: Server;
let workspace: Workspace;
let production: Readonly<Record<string, string>>;
beforeAll(async () => {
  server = await openTestServer();
  workspace = await createWorkspace({ core: { migrations: { '1700000000001_plants.sql': PLANTS } } }, server);
  production = { NODE_ENV: 'production', DATABASE_URL: server.url(workspace.database('core')) };
});
beforeEach(async () => {
  await server.drop([workspace.database('core')]);
  await workspace.write('.env', '');
  await workspace.write('packages/core/seeds/001_oak.ts', SEED('oak'));
});
afterAll(() => workspace[Symbol.asyncDispose]());

const whole = (): Promise<object> => readWhole(server, workspace.database('core'));
const run = (args: readonly string[], env: Readonly<Record<string, string>> = {}) =>
  workspace.atriz(args, { in: 'core', env });
const plants = async (): Promise<string[]> =>
  (await workspace.query<{ name: string }>('core', 'SELECT name FROM plants')).map(({ name }) => name);

test('DISABLE_DB_RESET that somebody set is lifted by nothing: clean, drop and reset are refused, with its place', async () => {
  await run(['setup']);
  await workspace.write('.env', 'DISABLE_DB_RESET=true\n');
  const before = await whole();
  for (const [command, deed] of [
    ['clean', 'clean'],
    ['drop', 'drop'],
    ['reset', 'drop'],
  ] as const) {
    const env = { ATRIZ_ALLOW_DESTRUCTIVE: workspace.database('core') };
    await expect(run([command, '--yes'], env)).resolves.toMatchObject({
      code: 3,
      stderr: `core: DESTRUCTIVE_REFUSED refused to ${deed} "core": DISABLE_DB_RESET of .env is "true"
hint if it must be, take that setting away; ATRIZ_ALLOW_DESTRUCTIVE does not lift it
`,
    });
  }
  expect(await whole()).toEqual(before);
  await expect(run(['clean', '--yes'], { DISABLE_DB_RESET: 'false' })).resolves.toMatchObject({ code: 0 });
});

test('DISABLE_DB_RESET=false in production lifts nothing: the database must still be named', async () => {
  await run(['setup'], production);
  const env = { ...production, DISABLE_DB_RESET: 'false' };
  await expect(run(['clean', '--yes'], env)).resolves.toMatchObject({
    code: 3,
    stderr: expect.stringContaining('NODE_ENV is "production"') as string,
  });
});

test('in production a seed that ran does not run again, new ones do, and one that was edited is refused', async () => {
  await run(['setup'], production);
  await expect(run(['seed'], production)).resolves.toMatchObject({
    code: 0,
    stdout: expect.stringContaining('0 seeds run, 1 left out') as string,
  });
  await workspace.write('packages/core/seeds/002_elm.ts', SEED('elm'));
  await expect(run(['seed'], production)).resolves.toMatchObject({
    code: 0,
    stdout: expect.stringContaining('1 seed run, 1 left out') as string,
  });
  expect(await plants()).toEqual(['oak', 'elm']);

  await workspace.write('packages/core/seeds/001_oak.ts', SEED('oak tree'));
  const before = await whole();
  for (const command of ['seed', 'setup']) {
    const { code, stderr } = await run([command], production);
    expect([code, stderr]).toEqual([
      3,
      `core: SEED_REFUSED 001_oak ran already with another text, and DISABLE_SEED_OVERRIDE is on: it would write over what is there
hint bring the old text back and write a new seed; or, if it must be: DISABLE_SEED_OVERRIDE=false
`,
    ]);
  }
  expect(await whole()).toEqual(before);
  const named = { ...production, ATRIZ_ALLOW_DESTRUCTIVE: workspace.database('core') };
  await expect(run(['setup'], named)).resolves.toMatchObject({ code: 0 });
  expect(await plants()).toEqual(['oak', 'elm', 'oak tree']);
});

test('DISABLE_SEED_OVERRIDE that somebody set holds in development, and ATRIZ_ALLOW_DESTRUCTIVE does not lift it', async () => {
  await run(['setup']);
  await workspace.write('packages/core/seeds/001_oak.ts', SEED('oak tree'));
  const env = { DISABLE_SEED_OVERRIDE: 'on', ATRIZ_ALLOW_DESTRUCTIVE: workspace.database('core') };
  await expect(run(['seed'], env)).resolves.toMatchObject({ code: 3 });
  await expect(run(['seed'])).resolves.toMatchObject({ code: 0 });
});

test('production migrates what has tables only with a verified backup, or with a word', async () => {
  await expect(run(['setup'], production)).resolves.toMatchObject({ code: 0 });
  await workspace.write('packages/core/migrations/1700000000002_weeds.sql', migration('CREATE TABLE weeds ();'));
  const before = await whole();
  await expect(run(['migrate'], production)).resolves.toMatchObject({
    code: 3,
    stderr: `core: BACKUP_REQUIRED refused to migrate "core" without a verified backup: none is known, and production asks for it
hint make one: atriz backup create && atriz backup verify --restore; or let the migration do it: AUTO_BACKUP_BEFORE_MIGRATION=true; or go on without: REQUIRE_MIGRATION_BACKUP=false
`,
  });
  expect(await whole()).toEqual(before);
  await workspace.write('.env', 'REQUIRE_MIGRATION_BACKUP=false\n');
  await expect(run(['migrate'], production)).resolves.toMatchObject({ code: 0 });
});

test('check env shows the switches, with where each is set', async () => {
  await workspace.write('.env', 'DISABLE_SEED_OVERRIDE=yes\nMIGRATION_BACKUP_MAX_AGE_HOURS=6\n');
  const shown = await run(['check', 'env'], { ...production, REQUIRE_MIGRATION_BACKUP: '0' });
  expect(shown.code).toBe(0);
  const lines = shown.stdout.split('\n').map((line) => line.split(/ {2,}/));
  expect(lines.slice(lines.findIndex(([first]) => first === 'SAFETY SWITCH'))).toEqual([
    ['SAFETY SWITCH', 'VALUE', 'DECIDED BY'],
    ['DISABLE_DB_RESET', 'on', 'the default'],
    ['DISABLE_SEED_OVERRIDE', 'on', '.env'],
    ['REQUIRE_MIGRATION_BACKUP', 'off', 'the process'],
    ['MIGRATION_BACKUP_MAX_AGE_HOURS', '6', '.env'],
    [''],
  ]);
  const { stdout } = await run(['check', 'env', '--json']);
  expect(JSON.parse(stdout)).toMatchObject({
    databases: [
      {
        safety: [
          { variable: 'DISABLE_DB_RESET', value: false, from: null },
          { variable: 'DISABLE_SEED_OVERRIDE', value: true, from: '.env' },
          { variable: 'REQUIRE_MIGRATION_BACKUP', value: false, from: null },
          { variable: 'MIGRATION_BACKUP_MAX_AGE_HOURS', value: 6, from: '.env' },
        ],
      },
    ],
    problems: [],
  });
});

test('a switch that cannot be read stops every command, and check env tells it once', async () => {
  await workspace.write('.env', 'REQUIRE_MIGRATION_BACKUP=ture\n');
  const message = `SETTING_INVALID REQUIRE_MIGRATION_BACKUP of .env is "ture", neither true nor false
hint set REQUIRE_MIGRATION_BACKUP to true or false, or remove it to use the default
`;
  await expect(run(['check', 'env'])).resolves.toMatchObject({ code: 1, stderr: message });
  await expect(run(['setup'])).resolves.toMatchObject({ code: 1, stderr: `core: ${message}` });
  await expect(server.databaseExists(workspace.database('core'))).resolves.toBe(false);
});

test('Turbo passes every variable through that env.example names', async () => {
  const example = await readFile(join(REPOSITORY, 'env.example'), 'utf8');
  const turbo = JSON.parse(await readFile(join(REPOSITORY, 'turbo.json'), 'utf8')) as {
    globalPassThroughEnv: string[];
  };
  const patterns = turbo.globalPassThroughEnv.map((each) => new RegExp(`^${each.replaceAll('*', '.*')}$`));
  const names = [...new Set(Array.from(example.matchAll(/\b([A-Z]{2,}(?:_[A-Z]+)*)=/g), ([, name]) => name!))];
  expect(names.filter((name) => !patterns.some((pattern) => pattern.test(name)))).toEqual([]);
  expect(names).toContain('MIGRATION_BACKUP_MAX_AGE_HOURS');
});
