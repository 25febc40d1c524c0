import { rm } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runAtriz } from './harness/command.ts';
import { openTestServer, type Server } from './harness/server.ts';
import { createWorkspace, makeRoot, migration, type Workspace } from './harness/workspace.ts';

const FINE = { '1700000000001_fine.sql': migration('CREATE TABLE fine (id int);', 'DROP TABLE fine;') };
const BROKEN = { '1700000000001_broken.sql': migration('SELECT nonsense;') };

let server: Server;
let workspace: Workspace;
beforeAll(async () => {
  server = await openTestServer();
  workspace = await createWorkspace(
    {
      core: { migrations: FINE },
      blog: { dependsOn: ['core'], migrations: FINE },
      shop: { dependsOn: ['core'], migrations: FINE },
    },
    server,
  );
  await workspace.atriz(['setup']);
});
afterAll(() => workspace[Symbol.asyncDispose]());

const namesOf = ({ stdout }: { readonly stdout: string }): string[] =>
  (JSON.parse(stdout) as { databases: { name: string }[] }).databases.map(({ name }) => name);

test('at the root a command acts on the family, inside a package on its own database, with --all on the family again', async () => {
  expect(namesOf(await workspace.atriz(['status', '--json']))).toEqual(['core', 'blog', 'shop']);
  expect(namesOf(await workspace.atriz(['status', '--json'], { in: 'shop' }))).toEqual(['shop']);
  expect(namesOf(await workspace.atriz(['status', '--json'], { in: 'shop/migrations' }))).toEqual(['shop']);
  expect(namesOf(await workspace.atriz(['status', '--json', '--all'], { in: 'shop' }))).toEqual([
    'core',
    'blog',
    'shop',
  ]);
});

test('--database narrows, repeats, takes owners too, and keeps the dependency order', async () => {
  const [blog, core] = [workspace.database('blog'), workspace.database('core')];

  expect(namesOf(await workspace.atriz(['status', '--json', '--database', blog]))).toEqual(['blog']);
  expect(namesOf(await workspace.atriz(['status', '--json', '--database', blog, '--database', core]))).toEqual([
    'core',
    'blog',
  ]);
  expect(namesOf(await workspace.atriz(['status', '--json', '--database', '@fixture/shop'], { in: 'core' }))).toEqual([
    'shop',
  ]);
});

test('an unknown --database is a usage error that lists the names', async () => {
  await expect(workspace.atriz(['migrate', '--database', 'orchard'])).resolves.toEqual({
    code: 2,
    stdout: '',
    stderr: `DATABASE_UNKNOWN there is no database "orchard" in this workspace
hint choose one of: core, blog, shop
`,
  });
});

test('outside any workspace every command is a usage error', async () => {
  const directory = await makeRoot();
  for (const command of [['status'], ['migrate'], ['start'], ['check', 'env']]) {
    await expect(runAtriz(command, { cwd: directory })).resolves.toEqual({
      code: 2,
      stdout: '',
      stderr: `WORKSPACE_NOT_FOUND no pnpm-workspace.yaml at or above ${directory}
hint run the command inside the workspace
`,
    });
  }
  await rm(directory, { recursive: true });
});

test('when the middle one of three fails, what depends on it is skipped and the independent ones finish', async () => {
  await using other = await createWorkspace(
    {
      core: { migrations: FINE },
      stock: { dependsOn: ['core'], migrations: BROKEN },
      shop: { dependsOn: ['stock'], migrations: FINE },
      wiki: { dependsOn: ['core'], migrations: FINE },
    },
    server,
  );
  await other.atriz(['create']);

  const { code, stdout, stderr } = await other.atriz(['migrate']);
  expect(code).toBe(1);
  const [asTheyEnd, aftermath] = stdout.split('\n\n') as [string, string];
  expect(asTheyEnd.split('\n').toSorted().join('\n')).toBe(`2 databases done, 1 failed, 1 skipped in … ms
core   1 migration applied               … ms
shop   skipped, because stock failed
stock  failed                            … ms
wiki   1 migration applied               … ms`);
  expect(aftermath.split('\n').slice(0, -2).toSorted().join('\n')).toBe(`core   finished: 1700000000001_fine
next correct what failed, then: pnpm exec atriz migrate up --database stock --database shop
shop   not begun
stock  nothing was committed
wiki   finished: 1700000000001_fine`);
  expect(stderr).toContain(
    `stock: MIGRATION_FAILED packages/stock/migrations/1700000000001_broken.sql:2:8: column "nonsense" does not exist (42703)
     2 | SELECT nonsense;
       |        ^
`,
  );
  const json = await other.atriz(['migrate', '--json']);
  expect(json.code).toBe(1);
  expect(JSON.parse(json.stdout)).toMatchObject({
    databases: [
      { name: 'core', status: 'done', applied: [] },
      { name: 'stock', status: 'failed', error: { code: 'MIGRATION_FAILED' } },
      { name: 'shop', status: 'skipped', because: 'stock failed' },
      { name: 'wiki', status: 'done', applied: [] },
    ],
  });
});

test('two packages that define the same database are both named, and nothing is done', async () => {
  const name = `${workspace.database('core')}_twice`;
  await using other = await createWorkspace({ a: { database: name }, b: { database: name } }, server);

  await expect(other.atriz(['setup'])).resolves.toEqual({
    code: 1,
    stdout: '',
    stderr: `DATABASE_DUPLICATE database "${name}" is defined by @fixture/a and by @fixture/b
hint give one of them another name in its database.config.ts
`,
  });
  await expect(server.databaseExists(name)).resolves.toBe(false);
});

test('a cycle between packages is told as a path', async () => {
  await using other = await createWorkspace({
    a: { dependsOn: ['b'] },
    b: { dependsOn: ['c'] },
    c: { dependsOn: ['a'] },
  });

  await expect(other.atriz(['setup'])).resolves.toEqual({
    code: 1,
    stdout: '',
    stderr: `DEPENDENCY_CYCLE packages depend on each other in a circle: @fixture/a → @fixture/b → @fixture/c → @fixture/a
hint remove one of these dependencies from its package.json
`,
  });
});

test('a definition with a fault is told with its file', async () => {
  await using other = await createWorkspace({ a: {} });
  await other.write('packages/a/database.config.ts', 'export default { nmae: "garden" };\n');

  await expect(other.atriz(['status'])).resolves.toEqual({
    code: 1,
    stdout: '',
    stderr: `DEFINITION_INVALID packages/a/database.config.ts: the database definition is not valid: "nmae" is not a known key; name is missing
hint it must say: export default defineDatabase({ name: "…" })
`,
  });
});
