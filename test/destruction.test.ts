import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { readCatalog, readContents } from './harness/contents.ts';
import { openTestServer, type Server } from './harness/server.ts';
import { createWorkspace, migration, seed, type Workspace } from './harness/workspace.ts';

const DESTRUCTIVE = [
  { command: ['clean'], deed: 'clean' },
  { command: ['reset'], deed: 'drop' },
  { command: ['drop'], deed: 'drop' },
  { command: ['migrate', 'down'], deed: 'undo migrations of' },
  { command: ['migrate', 'redo'], deed: 'undo migrations of' },
];

let server: Server;
let workspace: Workspace;
beforeAll(async () => {
  server = await openTestServer();
  workspace = await createWorkspace(
    {
      core: {
        migrations: {
          '1700000000001_users.sql': migration('CREATE TABLE users (id serial, name text);', 'DROP TABLE users;'),
        },
        seeds: { '001_users.ts': seed(`await client.query("INSERT INTO users (name) VALUES ('ada'), ('bob')");`) },
      },
    },
    server,
  );
});
beforeEach(async () => {
  await server.drop([workspace.database('core')]);
  await workspace.atriz(['setup']);
});
afterAll(() => workspace[Symbol.asyncDispose]());

const everything = async (): Promise<object> => {
  const name = workspace.database('core');
  return { catalog: await readCatalog(server, name), contents: await readContents(server, name) };
};

/** `migrate down` undoes what a developer has just written, and asks nothing. */
const withYes = (command: readonly string[]): string[] => [...command, ...(command[0] === 'migrate' ? [] : ['--yes'])];

test('without --yes and without a terminal nothing is destroyed, and the hint says what to add', async () => {
  const before = await everything();

  for (const [command, deed] of [
    ['clean', 'delete every row of these databases'],
    ['reset', 'drop these databases and make them anew'],
    ['drop', 'drop these databases with everything in them'],
  ] as const) {
    await expect(workspace.atriz([command])).resolves.toEqual({
      code: 3,
      stdout: '',
      stderr: `CONFIRMATION_REQUIRED this would ${deed}: core\nhint add --yes to go on\n`,
    });
  }
  expect(await everything()).toEqual(before);
});

test('in production everything destructive is refused, --yes or not', async () => {
  await workspace.query('core', `UPDATE atriz.identity SET environment = 'production'`);
  const before = await everything();
  const env = { NODE_ENV: 'production', DATABASE_URL: server.url(workspace.database('core')) };

  for (const { command, deed } of DESTRUCTIVE) {
    const result = await workspace.atriz(withYes(command), { in: 'core', env });
    expect({ command, ...result }).toEqual({
      command,
      code: 3,
      stdout: 'core  failed                            … ms\n',
      stderr: `core: DESTRUCTIVE_REFUSED refused to ${deed} "core": NODE_ENV is "production"
hint if it must be, name it: ATRIZ_ALLOW_DESTRUCTIVE=core
`,
    });
  }
  expect(await everything()).toEqual(before);
});

test('a database whose identity says protected is refused in every environment', async () => {
  await workspace.query('core', 'UPDATE atriz.identity SET protected = true');
  const before = await everything();

  for (const { command, deed } of DESTRUCTIVE) {
    const { code, stderr } = await workspace.atriz(withYes(command), { in: 'core' });
    expect({ command, code, stderr }).toEqual({
      command,
      code: 3,
      stderr: `core: DESTRUCTIVE_REFUSED refused to ${deed} "core": its identity says that it is protected
hint if it must be, name it: ATRIZ_ALLOW_DESTRUCTIVE=core
`,
    });
  }
  expect(await everything()).toEqual(before);
});

test('a database that was first migrated in production is protected', async () => {
  await server.drop([workspace.database('core')]);
  const env = { NODE_ENV: 'production', DATABASE_URL: server.url(workspace.database('core')) };

  await expect(workspace.atriz(['setup'], { in: 'core', env })).resolves.toMatchObject({ code: 0 });
  await expect(workspace.query('core', 'SELECT environment, protected FROM atriz.identity')).resolves.toEqual([
    { environment: 'production', protected: true },
  ]);
  await expect(workspace.atriz(['drop', '--yes'])).resolves.toMatchObject({ code: 3 });
});

test('ATRIZ_ALLOW_DESTRUCTIVE allows it for the database that it names, and for no other', async () => {
  await workspace.query('core', `UPDATE atriz.identity SET environment = 'production'`);
  const env = {
    NODE_ENV: 'production',
    DATABASE_URL: server.url(workspace.database('core')),
    REQUIRE_MIGRATION_BACKUP: 'false',
  };
  const another = await workspace.atriz(['drop', '--yes'], {
    in: 'core',
    env: { ...env, ATRIZ_ALLOW_DESTRUCTIVE: 'x' },
  });
  expect(another.code).toBe(3);

  const allowed = { ...env, ATRIZ_ALLOW_DESTRUCTIVE: workspace.database('core') };
  const run = async (...command: string[]) => {
    const { code, stdout } = await workspace.atriz(command, { in: 'core', env: allowed });
    return [code, stdout];
  };
  expect(await run('migrate', 'redo')).toEqual([0, 'core  1 migration redone                … ms\n']);
  expect(await run('clean')).toEqual([3, '']);
  expect(await run('clean', '--yes')).toEqual([0, 'core  1 table emptied of 0 rows         … ms\n']);
  expect(await run('reset', '--yes')).toEqual([0, 'core  created, 1 migration, 1 seed      … ms\n']);
  expect(await run('drop', '--yes')).toEqual([0, 'core  dropped                           … ms\n']);
  expect(await run('drop', '--yes')).toEqual([0, 'core  did not exist                     … ms\n']);
});

test('a database that holds tables of somebody else is not destroyed', async () => {
  const name = workspace.database('core');
  await server.query(name, 'DROP SCHEMA atriz CASCADE');

  for (const command of ['clean', 'reset', 'drop']) {
    await expect(workspace.atriz([command, '--yes'])).resolves.toMatchObject({
      code: 3,
      stderr: `core: DESTRUCTIVE_REFUSED refused to ${command === 'clean' ? 'clean' : 'drop'} "core": it holds tables, but no ledger says that it is core
hint migrate it first, or set ATRIZ_ALLOW_DESTRUCTIVE=core
`,
    });
  }
  await expect(server.query(name, 'SELECT name FROM users ORDER BY id')).resolves.toEqual([
    { name: 'ada' },
    { name: 'bob' },
  ]);
});

test('clean empties the tables, restarts their counters and keeps structure and history; seed refills them', async () => {
  const catalog = await readCatalog(server, workspace.database('core'));

  await expect(workspace.atriz(['clean', '--yes'])).resolves.toMatchObject({
    code: 0,
    stdout: 'core  1 table emptied of 2 rows         … ms\n',
  });
  await expect(workspace.query('core', 'SELECT name FROM pgmigrations')).resolves.toHaveLength(1);
  await expect(readCatalog(server, workspace.database('core'))).resolves.toEqual(catalog);
  await expect(workspace.atriz(['seed'])).resolves.toMatchObject({ code: 0 });
  await expect(workspace.query('core', 'SELECT id, name FROM users ORDER BY id')).resolves.toEqual([
    { id: 1, name: 'ada' },
    { id: 2, name: 'bob' },
  ]);
});
