import { afterAll, beforeAll, expect, test } from 'vitest';
import { openTestServer } from './harness/server.ts';
import { createWorkspace, migration, seed, type Workspace } from './harness/workspace.ts';

const PLANTS = { '1700000000001_plants.sql': migration('CREATE TABLE plants (name text PRIMARY KEY);') };
const insert = (name: string): string => `await client.query("INSERT INTO plants VALUES ('${name}')");`;

let workspace: Workspace;
beforeAll(async () => {
  workspace = await createWorkspace(
    {
      throwing: {
        migrations: PLANTS,
        seeds: {
          '001_trees.ts': seed(`${insert('oak')} context.log('one oak');`),
          '002_herbs.ts': seed(`${insert('mint')} throw new Error('the mint has frozen');`),
          '003_moss.ts': seed(insert('moss')),
        },
      },
      unexported: {
        migrations: PLANTS,
        seeds: { '001_trees.ts': seed(insert('oak')), '002_herbs.ts': 'export const seed = 1;\n' },
      },
      unreadable: {
        migrations: PLANTS,
        seeds: { '001_trees.ts': seed(insert('oak')), '002_herbs.ts': `import './gone.ts';\n` },
      },
      unmigrated: { migrations: PLANTS, seeds: { '001_trees.ts': seed(insert('oak')) } },
    },
    await openTestServer(),
  );
  await workspace.atriz(['create']);
  for (const key of ['throwing', 'unexported', 'unreadable']) await workspace.atriz(['migrate'], { in: key });
});
afterAll(() => workspace[Symbol.asyncDispose]());

test('a seed that throws is named with those done before it, which are kept; nothing of it is', async () => {
  await expect(workspace.atriz(['seed'], { in: 'throwing' })).resolves.toEqual({
    code: 1,
    stdout: 'throwing  failed                            … ms\n',
    stderr: `throwing: one oak
throwing: seeded 001_trees
throwing: SEED_FAILED seed 002_herbs failed: the mint has frozen (packages/throwing/seeds/002_herbs.ts); done before it: 001_trees
hint nothing of the failed seed was kept; correct it and run the seeds again
`,
  });
  await expect(workspace.query('throwing', 'SELECT name FROM plants')).resolves.toEqual([{ name: 'oak' }]);
  await expect(workspace.query('throwing', 'SELECT name FROM atriz.seeds')).resolves.toEqual([{ name: '001_trees' }]);
});

test('setup goes on with the seeds that are not done', async () => {
  await workspace.write('packages/throwing/seeds/002_herbs.ts', seed(insert('mint')));

  await expect(workspace.atriz(['setup', '--json'], { in: 'throwing' })).resolves.toMatchObject({
    code: 0,
    stdout: expect.stringContaining('"seeded": [\n        "002_herbs",\n        "003_moss"\n      ]') as string,
  });
  await expect(workspace.query('throwing', 'SELECT name FROM plants ORDER BY name')).resolves.toEqual([
    { name: 'mint' },
    { name: 'moss' },
    { name: 'oak' },
  ]);
});

test('a seed with no default export is refused before any seed runs', async () => {
  await expect(workspace.atriz(['seed'], { in: 'unexported' })).resolves.toEqual({
    code: 1,
    stdout: 'unexported  failed                            … ms\n',
    stderr: `unexported: SEED_INVALID seed 002_herbs has no function as its default export (packages/unexported/seeds/002_herbs.ts)
hint export default a SeedFunction: async (client, context) => { … }
`,
  });
  await expect(workspace.query('unexported', 'SELECT name FROM plants')).resolves.toEqual([]);
});

test('a seed that cannot be loaded is refused before any seed runs', async () => {
  const { code, stderr } = await workspace.atriz(['seed'], { in: 'unreadable' });

  expect(code).toBe(1);
  expect(stderr).toContain('unreadable: SEED_INVALID seed 002_herbs cannot be loaded: ');
  expect(stderr).toContain('gone.ts');
  expect(stderr).toContain('hint correct the file; no seed was run\n');
  await expect(workspace.query('unreadable', 'SELECT name FROM plants')).resolves.toEqual([]);
});

test('a database that was never migrated is not seeded, and the hint says what to do first', async () => {
  await expect(workspace.atriz(['seed'], { in: 'unmigrated' })).resolves.toEqual({
    code: 1,
    stdout: 'unmigrated  failed                            … ms\n',
    stderr: `unmigrated: NOT_MIGRATED "unmigrated" was never migrated, so it has nothing to seed
hint migrate it first: pnpm db:migrate
`,
  });
});
