import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { createDatabasePool } from '@atriz/database';
import { formatConnectionString } from '@atriz/database/workspace';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runShell, type CommandResult } from './harness/command.ts';
import { openTestServer, type Server } from './harness/server.ts';
import { createWorkspace, migration, type Workspace } from './harness/workspace.ts';

let server: Server;
let workspace: Workspace;
let name: string;
beforeAll(async () => {
  server = await openTestServer();
  const migrations = {
    '1700000000001_plants.sql': migration('CREATE TABLE plants (name text);', 'DROP TABLE plants;'),
  };
  workspace = await createWorkspace({ core: { migrations } }, server);
  name = workspace.database('core');
  await workspace.atriz(['create']);
  await workspace.atriz(['migrate']);
});
afterAll(() => workspace[Symbol.asyncDispose]());

const findings = ({ stdout }: CommandResult): unknown =>
  (JSON.parse(stdout) as { readonly databases: readonly { readonly findings: unknown }[] }).databases[0]!.findings;

/** What the runtime role sees with a password. */
async function countPlants(password: string): Promise<unknown> {
  const connectionString = formatConnectionString({
    ...server.parameters,
    user: `${name}_app`,
    password,
    database: name,
  });
  await using db = createDatabasePool({ connectionString, max: 1 });
  const { rows } = await db.query('SELECT count(*)::int AS plants FROM plants');
  return rows[0];
}

test('check says what differs and exits with 3, apply mends it and says what it did, then there is nothing to do', async () => {
  await expect(workspace.atriz(['roles', 'check'])).resolves.toMatchObject({
    code: 3,
    stdout: 'core  1 difference                      … ms\n  the roles were never applied\n',
  });
  const applied = await workspace.atriz(['roles', 'apply']);
  expect(applied).toMatchObject({ code: 0, stdout: expect.stringMatching(/^core  \d+ changes /) as string });
  expect(applied.stdout).toContain('role core_owner is missing\n');
  await expect(workspace.atriz(['roles', 'apply'])).resolves.toMatchObject({
    code: 0,
    stdout: 'core  as they should be                 … ms\n',
  });

  await workspace.query(
    'core',
    `GRANT TRUNCATE ON plants TO "${name}_app"; GRANT CONNECT ON DATABASE "${name}" TO PUBLIC`,
  );
  const drifted = await workspace.atriz(['roles', 'check', '--json']);
  expect(drifted.code).toBe(3);
  expect(findings(drifted)).toEqual([
    'PUBLIC may CONNECT on database core',
    'core_app may TRUNCATE on table public.plants',
  ]);
  await workspace.atriz(['setup']);
  const mended = await workspace.atriz(['roles', 'check', '--json']);
  expect({ code: mended.code, findings: findings(mended) }).toEqual({ code: 0, findings: [] });
});

test('a password is made into a file for its owner alone, works, and is printed nowhere', async () => {
  const made = await workspace.atriz(['roles', 'password', 'app', '--output', 'app.password'], { in: 'core' });
  expect(made).toMatchObject({ code: 0, stdout: expect.stringContaining(', which is in app.password\n') as string });
  const file = join(workspace.directory('core'), 'app.password');
  const password = (await readFile(file, 'utf8')).trimEnd();
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect(password).toMatch(/^[\w-]{32}$/);
  expect(made.stdout + made.stderr).not.toContain(password);
  await expect(countPlants(password)).resolves.toEqual({ plants: 0 });

  const again = await workspace.atriz(['roles', 'password', 'app', '--output', 'app.password'], { in: 'core' });
  expect(again.code).not.toBe(0);
  await expect(countPlants(password)).resolves.toEqual({ plants: 0 });
});

test('a password comes from standard input, and in the debug log is only what the server keeps of it', async () => {
  const env = { ...server.variables, LOG_LEVEL: 'debug' };
  const line = `printf 'rake and hoe\\n' | $ATRIZ roles password app`;
  const { code, stdout, stderr } = await runShell(line, { cwd: workspace.directory('core'), env });
  expect({ code, leaked: (stdout + stderr).includes('rake and hoe') }).toEqual({ code: 0, leaked: false });
  await expect(countPlants('rake and hoe')).resolves.toEqual({ plants: 0 });
  const empty = await runShell(`$ATRIZ roles password app < /dev/null`, { cwd: workspace.directory('core'), env });
  expect(empty).toMatchObject({ code: 2, stderr: expect.stringContaining('the password is empty') as string });
});

test('drop takes the roles along', async () => {
  await workspace.atriz(['drop', '--yes']);
  await expect(
    server.query('postgres', 'SELECT rolname FROM pg_roles WHERE starts_with(rolname, $1)', [`${name}_`]),
  ).resolves.toEqual([]);
});
