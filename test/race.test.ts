import { afterAll, beforeAll, expect, test } from 'vitest';
import { openTestServer, type Server } from './harness/server.ts';
import { createWorkspace, migration, seed, type Workspace } from './harness/workspace.ts';

const AT_ONCE = Array.from({ length: 20 });

/** Fails when it runs twice, and leaves a row each time that it runs. */
const step = (name: string): string =>
  migration(
    `CREATE TABLE ${name} ();\nCREATE TABLE IF NOT EXISTS runs (name text);\nINSERT INTO runs VALUES ('${name}');`,
  );

let server: Server;
let workspace: Workspace;
beforeAll(async () => {
  server = await openTestServer();
  workspace = await createWorkspace(
    {
      core: {
        migrations: { '1700000000001_one.sql': step('one'), '1700000000002_two.sql': step('two') },
        seeds: { '001_rows.ts': seed(`await client.query("INSERT INTO runs VALUES ('seed')");`) },
      },
      shop: { dependsOn: ['core'], migrations: { '1700000000001_three.sql': step('three') } },
    },
    server,
  );
});
afterAll(() => workspace[Symbol.asyncDispose]());

const runs = async (key: string): Promise<string[]> =>
  (await workspace.query<{ name: string }>(key, 'SELECT name FROM runs ORDER BY name')).map(({ name }) => name);

test('of twenty migrate commands at once one applies, the others find nothing to do, and all end well', async () => {
  await workspace.atriz(['create'], { in: 'core' });
  const results = await Promise.all(AT_ONCE.map(() => workspace.atriz(['migrate'], { in: 'core' })));

  expect(results.map(({ code }) => code)).toEqual(AT_ONCE.map(() => 0));
  expect(results.map(({ stdout }) => stdout).toSorted()).toEqual([
    'core  2 migrations applied              … ms\n',
    ...AT_ONCE.slice(1).map(() => 'core  up to date                        … ms\n'),
  ]);
  await expect(runs('core')).resolves.toEqual(['one', 'two']);
  await expect(workspace.query('core', 'SELECT name FROM pgmigrations ORDER BY id')).resolves.toEqual([
    { name: '1700000000001_one' },
    { name: '1700000000002_two' },
  ]);
});

test('twenty setup commands at once make a family once', async () => {
  await server.drop([workspace.database('core'), workspace.database('shop')]);
  const results = await Promise.all(AT_ONCE.map(() => workspace.atriz(['setup', '--json'])));

  expect(results.map(({ code, stderr }) => (code === 0 ? 0 : stderr))).toEqual(AT_ONCE.map(() => 0));
  const documents = results.map(({ stdout }) => JSON.parse(stdout) as { databases: Record<string, unknown>[] });
  const sum = (field: string): number =>
    documents
      .flatMap(({ databases }) => databases)
      .reduce((total, each) => total + Number([each[field]].flat().length > 0 && each[field] !== false), 0);
  expect({ created: sum('created'), applied: sum('applied'), seeded: sum('seeded') }).toEqual({
    created: 2,
    applied: 2,
    seeded: 1,
  });
  await expect(runs('core')).resolves.toEqual(['one', 'seed', 'two']);
  await expect(runs('shop')).resolves.toEqual(['three']);
});
