import { beforeAll, expect, test } from 'vitest';
import { openTestServer, type Server } from './harness/server.ts';
import { createWorkspace, migration } from './harness/workspace.ts';

let server: Server;
beforeAll(async () => {
  server = await openTestServer();
});

const ONE = '1700000000001_one';
const TWO = '1700000000002_two';
const FILES = {
  [`${ONE}.sql`]: migration('CREATE TABLE one ();', 'DROP TABLE one;'),
  [`${TWO}.sql`]: migration('CREATE TABLE two ();', 'DROP TABLE two;'),
};

test('migrate repair shows how files were edited, wants to be told, and accepts them then', async () => {
  await using workspace = await createWorkspace({ garden: { migrations: FILES } }, server);
  await workspace.atriz(['setup']);
  await expect(workspace.atriz(['migrate', 'repair', '--yes'])).resolves.toMatchObject({
    code: 0,
    stdout: expect.stringContaining('nothing was edited') as string,
  });
  const path = `packages/garden/migrations/${ONE}.sql`;
  await workspace.write(path, `-- The first.\n${FILES[`${ONE}.sql`]!}`);
  const refused = await workspace.atriz(['migrate']);
  expect(refused.code).toBe(3);
  expect(refused.stderr).toContain(`MIGRATION_EDITED ${ONE} was edited after it was applied\n--- as applied\n`);
  expect(refused.stderr).toContain('\n+-- The first.\n');

  const asked = await workspace.atriz(['migrate', 'repair']);
  expect(asked.code).toBe(3);
  expect(asked.stdout).toContain('\n+-- The first.\n');
  expect(asked.stderr).toContain(
    `CONFIRMATION_REQUIRED this would accept these texts as the ones that were applied: ${ONE}`,
  );
  expect((await workspace.atriz(['migrate'])).code).toBe(3);

  const repaired = await workspace.atriz(['migrate', 'repair', '--yes']);
  expect(repaired).toMatchObject({ code: 0, stdout: expect.stringContaining('1 text accepted') as string });
  expect((await workspace.atriz(['migrate'])).code).toBe(0);
});

test('migrate baseline adopts a database, and migrate resolve writes down what was done by hand', async () => {
  await using workspace = await createWorkspace({ garden: { migrations: FILES } }, server);
  await workspace.atriz(['create']);
  await workspace.query('garden', 'CREATE TABLE one ()');
  await expect(workspace.atriz(['migrate', 'baseline', '--to', ONE])).resolves.toMatchObject({ code: 3 });
  await expect(workspace.atriz(['migrate', 'baseline', '--to', ONE, '--yes'])).resolves.toMatchObject({
    code: 0,
    stdout: expect.stringContaining('1 migration written down as applied') as string,
  });
  await expect(workspace.atriz(['migrate', 'resolve'])).resolves.toMatchObject({
    code: 2,
    stderr: expect.stringContaining('exactly one of --applied NAME and --rolled-back NAME is needed') as string,
  });
  await expect(workspace.atriz(['migrate', 'resolve', '--applied', '9_none'])).resolves.toMatchObject({
    code: 2,
    stderr: expect.stringContaining('MIGRATION_UNKNOWN there is no migration "9_none"') as string,
  });
  await workspace.query('garden', 'CREATE TABLE two ()');
  await expect(workspace.atriz(['migrate', 'resolve', '--applied', TWO])).resolves.toMatchObject({
    code: 0,
    stdout: expect.stringContaining(`${TWO} is applied from now on`) as string,
  });
  await expect(workspace.atriz(['migrate'])).resolves.toMatchObject({
    code: 0,
    stdout: expect.stringContaining('up to date') as string,
  });
});

test('after a failure the report says what each database keeps and what to type, and history has the run in each', async () => {
  await using workspace = await createWorkspace(
    {
      shared: { migrations: { [`${ONE}.sql`]: FILES[`${ONE}.sql`]! } },
      fleet: {
        dependsOn: ['shared'],
        migrations: { [`${ONE}.sql`]: FILES[`${ONE}.sql`]!, [`${TWO}.sql`]: migration('CREATE TABLE two ();') },
      },
      shop: { migrations: FILES },
      site: { dependsOn: ['fleet'], migrations: FILES },
    },
    server,
  );
  await workspace.atriz(['create']);
  const run = '5e8f2c1a-0000-4000-8000-00000000000a';
  // What a file says is looked at before anything runs, so the fault is one that only the server can find.
  await workspace.write(`packages/fleet/migrations/${TWO}.sql`, migration('ALTER TABLE none ADD two int;'));
  const failed = await workspace.atriz(['migrate'], { env: { ATRIZ_RUN_ID: run } });
  expect(failed.code).toBe(1);
  expect(failed.stdout.slice(failed.stdout.indexOf('2 databases done'))).toBe(
    `2 databases done, 1 failed, 1 skipped in … ms

shared  finished: ${ONE}
fleet   kept: ${ONE}; the rest was not done
shop    finished: ${ONE}, ${TWO}
site    not begun
next correct what failed, then: pnpm exec atriz migrate up --database fleet --database site
run ${run} (atriz history)
`.replace(`finished: 2 changes, the last of them ${TWO}`, `finished: ${ONE}, ${TWO}`),
  );

  const history = await workspace.atriz(['history', '--json']);
  expect(history.code).toBe(0);
  const { runs } = JSON.parse(history.stdout) as { runs: { id: string; databases: Record<string, unknown>[] }[] };
  expect(runs.map(({ id }) => id)).toEqual([run]);
  const byName = runs[0]!.databases.toSorted((a, b) => String(a['name']).localeCompare(String(b['name'])));
  expect(byName.map(({ name, command, outcome, changes }) => ({ name, command, outcome, changes }))).toEqual([
    { name: 'fleet', command: 'migrate up', outcome: 'failed', changes: [ONE] },
    { name: 'shared', command: 'migrate up', outcome: 'done', changes: [ONE] },
    { name: 'shop', command: 'migrate up', outcome: 'done', changes: [ONE, TWO] },
  ]);

  await workspace.write(`packages/fleet/migrations/${TWO}.sql`, FILES[`${TWO}.sql`]!);
  const again = await workspace.atriz([
    'migrate',
    'up',
    '--database',
    workspace.database('fleet'),
    '--database',
    workspace.database('site'),
  ]);
  expect(again.code).toBe(0);
  const text = await workspace.atriz(['history', '--count', '1']);
  expect(text.stdout).toMatch(/STARTED +RUN +DATABASE +COMMAND +OUTCOME +CHANGES +BY/);
  expect(text.stdout).toMatch(/fleet +migrate up +done in … ms +1700000000002_two/);
  expect(text.stdout).not.toContain('failed');
});

test('a run id that is no UUID is refused before anything is done', async () => {
  await using workspace = await createWorkspace({ garden: { migrations: FILES } }, server);
  await expect(workspace.atriz(['migrate'], { env: { ATRIZ_RUN_ID: 'job 7' } })).resolves.toMatchObject({
    code: 1,
    stderr: expect.stringContaining('SETTING_INVALID ATRIZ_RUN_ID is "job 7", not a UUID') as string,
  });
});
