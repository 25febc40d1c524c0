import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openTestServer, type Server } from './harness/server.ts';
import { createWorkspace, migration, type Workspace } from './harness/workspace.ts';

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
          '1700000000003_pots.sql': migration('CREATE TABLE pots (id int PRIMARY KEY);', 'DROP TABLE pots;'),
        },
      },
      meadow: { migrations: { '1700000000001_herbs.sql': migration('CREATE TABLE herbs (id int);') } },
    },
    server,
  );
  await workspace.atriz(['create']);
});
afterAll(() => workspace[Symbol.asyncDispose]());

const files = (): Promise<string[]> => readdir(join(workspace.directory('garden'), 'migrations'));

test('squash asks first, and without a terminal says what it would do', async () => {
  await expect(
    workspace.atriz(['migrate', 'squash', '--to', '1700000000002_plants'], { in: 'garden' }),
  ).resolves.toEqual({
    code: 3,
    stdout: '',
    stderr: `CONFIRMATION_REQUIRED this would put 1700000000002_squashed.sql in the place of the first 2 migrations of this database: garden
hint add --yes to go on
`,
  });
  await expect(files()).resolves.toHaveLength(3);
});

test('squash is for one package at a time', async () => {
  await expect(workspace.atriz(['migrate', 'squash', '--to', 'x', '--yes'])).resolves.toMatchObject({
    code: 2,
    stderr: expect.stringContaining('migrations are squashed in one package at a time') as string,
  });
});

test('with --yes one file takes the place of two, and the databases take it over at their next up', async () => {
  await workspace.atriz(['migrate', 'up'], { in: 'garden' });
  await expect(
    workspace.atriz(['migrate', 'squash', '--to', '1700000000002_plants', '--yes'], { in: 'garden' }),
  ).resolves.toMatchObject({
    code: 0,
    stdout: `created migrations/1700000000002_squashed.sql, proven to make the same schema
removed 2 files: 1700000000001_beds, 1700000000002_plants
`,
  });
  await expect(files()).resolves.toEqual(['1700000000002_squashed.sql', '1700000000003_pots.sql']);
  const text = await readFile(join(workspace.directory('garden'), 'migrations/1700000000002_squashed.sql'), 'utf8');
  expect(text).toContain('-- atriz: squashes 1700000000001_beds\n-- atriz: squashes 1700000000002_plants\n');

  await expect(workspace.atriz(['migrate', 'up', '--json'], { in: 'garden' })).resolves.toMatchObject({ code: 0 });
  await expect(workspace.query('garden', 'SELECT name FROM pgmigrations ORDER BY run_on, id')).resolves.toEqual([
    { name: '1700000000002_squashed' },
    { name: '1700000000003_pots' },
  ]);
  await expect(workspace.atriz(['migrate', 'check'], { in: 'garden' })).resolves.toMatchObject({ code: 0 });
  await expect(workspace.atriz(['migrate', 'down', '--count', '2'], { in: 'garden' })).resolves.toMatchObject({
    code: 0,
  });
  await expect(workspace.atriz(['migrate', 'up'], { in: 'garden' })).resolves.toMatchObject({
    code: 0,
    stdout: expect.stringContaining('2 migrations applied') as string,
  });
});
