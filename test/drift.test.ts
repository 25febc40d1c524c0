import { afterAll, beforeAll, expect, test } from 'vitest';
import { copyFamily, type FamilyCopy } from './harness/family-copy.ts';
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
          '1700000000001_beds.sql': migration(
            'CREATE TABLE beds (id int PRIMARY KEY, name varchar(20));',
            'DROP TABLE beds;',
          ),
          '1700000000002_plants.sql': migration(
            "CREATE TABLE plants (id int PRIMARY KEY);\nCREATE TYPE size AS ENUM ('small');",
            'DROP TABLE plants;',
          ),
        },
      },
      meadow: {
        dependsOn: ['garden'],
        migrations: { '1700000000001_herbs.sql': migration('CREATE TABLE herbs (id int PRIMARY KEY);') },
      },
    },
    server,
  );
  await workspace.atriz(['create']);
  await workspace.atriz(['migrate']);
});
afterAll(() => workspace[Symbol.asyncDispose]());

test('check says that nothing has drifted, of databases that do not wait for each other', async () => {
  await expect(workspace.atriz(['migrate', 'check'])).resolves.toEqual({
    code: 0,
    stdout: expect.stringMatching(
      /^(?:garden +no drift \(2 migrations\) +… ms\n|meadow +no drift \(1 migration\) +… ms\n){2}2 databases done in … ms\n$/,
    ) as string,
    stderr: expect.stringContaining('garden: replaying 2 migrations into a scratch database\n') as string,
  });
});

test('check lists what was changed by hand, and ends with 3; what depends on that database is checked all the same', async () => {
  await server.query(workspace.database('garden'), 'ALTER TABLE beds ALTER name TYPE text');
  await expect(
    workspace.atriz(['migrate', 'check', '--database', workspace.database('garden')]),
  ).resolves.toMatchObject({
    code: 3,
    stdout: `garden  1 difference (2 migrations)       … ms
  table beds: column name is text, the migrations make it varchar(20)
`,
  });
  const { code, stdout } = await workspace.atriz(['migrate', 'check', '--json']);
  expect(code).toBe(3);
  expect(JSON.parse(stdout)).toEqual({
    run: expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
    databases: [
      {
        name: 'garden',
        owner: '@fixture/garden',
        status: 'done',
        durationMs: 0,
        applied: 2,
        pending: 0,
        differences: [
          {
            change: 'changed',
            kind: 'column',
            name: 'table beds: column name',
            property: 'type',
            expected: 'varchar(20)',
            actual: 'text',
            sentence: 'table beds: column name is text, the migrations make it varchar(20)',
          },
        ],
      },
      {
        name: 'meadow',
        owner: '@fixture/meadow',
        status: 'done',
        durationMs: 0,
        applied: 1,
        pending: 0,
        differences: [],
      },
    ],
  });
});

test('check --down names the Down sections that do not undo, and says how', async () => {
  await expect(workspace.atriz(['migrate', 'check', '--down'], { in: 'garden' })).resolves.toMatchObject({
    code: 3,
    stdout: `garden  1 of 2 Down sections at fault     … ms
  1700000000002_plants: its Down does not undo its Up
    type size is still there
`,
  });
  await expect(workspace.atriz(['migrate', 'check', '--down'], { in: 'meadow' })).resolves.toMatchObject({
    code: 0,
    stdout: `meadow  nothing to undo                   … ms
  1700000000001_herbs has no way back; it and what is older was not checked
`,
  });
});

test(
  'the four databases of this repository have not drifted after migrate, and every Down undoes its Up',
  { timeout: 300_000 },
  async () => {
    await using family: FamilyCopy = await copyFamily();
    await family.atriz(['setup']);
    const check = await family.atriz(['migrate', 'check', '--json']);
    expect(JSON.parse(check.stdout)).toMatchObject({
      databases: ['atriz_shared', 'atriz_db', 'mextrack_db', 'pshop_db'].map((name) => ({
        name,
        status: 'done',
        pending: 0,
        differences: [],
      })),
    });
    const down = await family.atriz(['migrate', 'check', '--down', '--json']);
    expect(JSON.parse(down.stdout)).toMatchObject({
      databases: ['atriz_shared', 'atriz_db', 'mextrack_db', 'pshop_db'].map((name) => ({
        name,
        status: 'done',
        faults: [],
      })),
    });
    expect([check.code, down.code]).toEqual([0, 0]);
    for (const { endedAt, checked } of (
      JSON.parse(down.stdout) as { databases: { endedAt?: string; checked: number }[] }
    ).databases) {
      expect(endedAt).toBeUndefined();
      expect(checked).toBeGreaterThan(0);
    }
  },
);
