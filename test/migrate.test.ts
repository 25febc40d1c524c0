import { afterAll, beforeAll, expect, test } from 'vitest';
import { openTestServer, type Server } from './harness/server.ts';
import { createWorkspace, migration, type Workspace } from './harness/workspace.ts';

const APPLIED = 'SELECT name FROM pgmigrations ORDER BY id';
const TABLES = `SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'pgmigrations' ORDER BY 1`;

let server: Server;
let workspace: Workspace;
beforeAll(async () => {
  server = await openTestServer();
  workspace = await createWorkspace(
    {
      garden: {
        migrations: {
          '1700000000001_beds.sql': migration('CREATE TABLE beds (id int PRIMARY KEY);', 'DROP TABLE beds;'),
          '1700000000002_plants.sql': migration('CREATE TABLE plants (id int PRIMARY KEY);', 'DROP TABLE plants;'),
        },
      },
      broken: {
        migrations: {
          '1700000000001_beds.sql': migration('CREATE TABLE beds (id int PRIMARY KEY);', 'DROP TABLE beds;'),
          '1700000000002_plants.sql': migration(
            'CREATE TABLE plants (id int PRIMARY KEY);\nCREATE TABEL seeds (id int);\nCREATE TABLE pots (id int);',
          ),
          '1700000000003_pots.sql': migration('CREATE TABLE pots (id int PRIMARY KEY);'),
        },
      },
    },
    server,
  );
  await workspace.atriz(['create']);
});
afterAll(() => workspace[Symbol.asyncDispose]());

test('a migration with a syntax error is told by file, line and column with the statement marked; those before it are kept', async () => {
  const failed = await workspace.atriz(['migrate'], { in: 'broken' });

  expect(failed).toEqual({
    code: 1,
    stdout: 'broken  failed                            … ms\n',
    stderr: `broken: applying 1700000000001_beds (1 of 3)
broken: applying 1700000000002_plants (2 of 3)
broken: MIGRATION_FAILED migrations/1700000000002_plants.sql:3:8: syntax error at or near "TABEL" (42601)
     3 | CREATE TABEL seeds (id int);
       |        ^
this migration was rolled back; applied before it and kept: 1700000000001_beds
hint correct the file and run the command again; it goes on from here
`,
  });
  await expect(workspace.query('broken', APPLIED)).resolves.toEqual([{ name: '1700000000001_beds' }]);
  await expect(workspace.query('broken', TABLES)).resolves.toEqual([{ tablename: 'beds' }]);
});

test('a corrected migration goes on from where the run stopped', async () => {
  await workspace.write(
    'packages/broken/migrations/1700000000002_plants.sql',
    migration('CREATE TABLE plants (id int PRIMARY KEY);'),
  );

  await expect(workspace.atriz(['migrate'], { in: 'broken' })).resolves.toMatchObject({
    code: 0,
    stdout: 'broken  2 migrations applied              … ms\n',
  });
  await expect(workspace.query('broken', TABLES)).resolves.toEqual([
    { tablename: 'beds' },
    { tablename: 'plants' },
    { tablename: 'pots' },
  ]);
});

test('a migration without a Down section is not undone, and neither is any before it', async () => {
  await expect(workspace.atriz(['migrate', 'down', '--count=3'], { in: 'broken' })).resolves.toEqual({
    code: 1,
    stdout: 'broken  failed                            … ms\n',
    stderr: `broken: MIGRATION_INVALID packages/broken/migrations/1700000000003_pots.sql: it has no Down section, so it cannot be undone
hint add a "-- Down Migration" line and the statements that undo it
`,
  });
  await expect(workspace.query('broken', APPLIED)).resolves.toHaveLength(3);
});

test('migrate up, down, redo and status do what their names say', async () => {
  const run = async (...args: string[]) => (await workspace.atriz(['migrate', ...args], { in: 'garden' })).stdout;

  expect(await run('up', '--count=1')).toBe('garden  1 migration applied               … ms\n');
  expect(await run()).toBe('garden  1 migration applied               … ms\n');
  expect(await run('up')).toBe('garden  up to date                        … ms\n');
  expect(await run('redo')).toBe('garden  1 migration redone                … ms\n');
  expect(await run('down')).toBe('garden  1 migration undone                … ms\n');
  await expect(workspace.query('garden', APPLIED)).resolves.toEqual([{ name: '1700000000001_beds' }]);
  expect(await run('status', '--json')).toContain('"pending": [\n        "1700000000002_plants"\n      ]');
  expect(await run('down', '--count=5')).toBe('garden  1 migration undone                … ms\n');
  expect(await run('down')).toBe('garden  nothing to undo                   … ms\n');
  await expect(workspace.query('garden', TABLES)).resolves.toEqual([]);
  expect(await run('up')).toBe('garden  2 migrations applied              … ms\n');
});

test.each(['0', '-1', 'abc', '1.5', ''])('--count=%s is a usage error, and nothing is done', async (count) => {
  for (const command of ['up', 'down', 'redo']) {
    await expect(workspace.atriz(['migrate', command, `--count=${count}`], { in: 'garden' })).resolves.toEqual({
      code: 2,
      stdout: '',
      stderr: `ARGUMENT_INVALID option '--count <number>' argument '${count}' is invalid. It is not a whole number of at least 1.
hint add --help to see how the command is used
`,
    });
  }
  await expect(workspace.query('garden', APPLIED)).resolves.toHaveLength(2);
});

test('an applied migration whose file is gone is refused with exit code 3, and so is one older than the newest applied', async () => {
  await using other = await createWorkspace(
    {
      a: { migrations: { '1700000000005_five.sql': migration('SELECT 5;') } },
    },
    server,
  );
  await other.atriz(['setup']);
  await other.write('packages/a/migrations/1700000000004_four.sql', migration('CREATE TABLE four ();'));
  const outOfOrder = await other.atriz(['migrate']);
  expect(outOfOrder.code).toBe(3);
  expect(outOfOrder.stderr)
    .toBe(`a: MIGRATION_OUT_OF_ORDER 1700000000004_four is not applied, but older than the newest applied
hint give the file a newer timestamp; or apply it all the same: atriz migrate up --allow-out-of-order
`);

  await other.query('a', `INSERT INTO pgmigrations (name, run_on) VALUES ('1700000000006_six', now())`);
  const missing = await other.atriz(['migrate']);
  expect(missing.code).toBe(3);
  expect(missing.stderr).toBe(
    `a: MIGRATION_MISSING 1700000000006_six is applied, but its file is gone
hint bring the file back, for example from the branch that has it
`,
  );
  await expect(other.query('a', TABLES)).resolves.toEqual([]);
  const status = await other.atriz(['status']);
  expect(status.code).toBe(3);
  expect(status.stdout).toContain('MIGRATION_MISSING 1700000000006_six is applied, but its file is gone');
});

test('migrate create makes a file that the next migrate refuses until it is written', async () => {
  const made = await workspace.atriz(['migrate', 'create', 'Add water butts'], { in: 'garden' });
  expect(made).toMatchObject({ code: 0, stderr: '' });
  expect(made.stdout).toMatch(/^created migrations\/\d{13}_add_water_butts\.sql\n$/);

  const refused = await workspace.atriz(['migrate'], { in: 'garden' });
  expect(refused.code).toBe(1);
  expect(refused.stderr).toMatch(/garden: MIGRATION_INVALID .*_add_water_butts\.sql:6: its Down section is empty/);
  expect(refused.stderr).toContain('hint write it, or say "-- Down Migration: none"');
});

test('migrate create at the root asks which database', async () => {
  await expect(workspace.atriz(['migrate', 'create', 'x'])).resolves.toEqual({
    code: 2,
    stdout: '',
    stderr: `ARGUMENT_INVALID a migration belongs to one database
hint run it inside the package, or add --database NAME
`,
  });
});
