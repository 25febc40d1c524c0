import { beforeAll, beforeEach, expect, test } from 'vitest';
import { readCatalog, readContents } from './harness/contents.ts';
import { openTestServer, type Server } from './harness/server.ts';
import { createWorkspace, migration, type Workspace } from './harness/workspace.ts';

const APPLIED = 'SELECT name FROM pgmigrations ORDER BY id';

let server: Server;
let workspace: Workspace;
beforeAll(async () => {
  server = await openTestServer();
});
beforeEach(async () => {
  workspace = await createWorkspace({ core: {}, app: { dependsOn: ['core'] }, shop: { dependsOn: ['core'] } }, server);
  return () => workspace[Symbol.asyncDispose]();
});

/** Writes `core/1` as a migration that makes table `t1`; `requires` as in `app@1`. */
async function write(key: string, number: number, { requires = [], up = '' }: Options = {}): Promise<void> {
  const lines = requires.map((label) => {
    const [database, other] = label.split('@') as [string, string];
    return `-- requires: ${workspace.database(database)}@${nameOf(Number(other))}\n`;
  });
  const text = migration(up || `CREATE TABLE t${number} (at timestamptz DEFAULT clock_timestamp());`, 'SELECT 1;');
  await workspace.write(`packages/${key}/migrations/${nameOf(number)}.sql`, `${lines.join('')}${text}`);
}

interface Options {
  readonly requires?: readonly string[];
  readonly up?: string;
}

function nameOf(number: number): string {
  return `170000000000${number}_t`;
}

async function appliedTo(key: string): Promise<number[]> {
  const rows = await workspace.query<{ name: string }>(key, APPLIED).catch(() => []);
  return rows.map(({ name }) => Number(name.charAt(12)));
}

/** `core 1` and the like, in the order in which the server committed them. */
async function readOrder(): Promise<string[]> {
  const runs = await Promise.all(
    ['core', 'app', 'shop'].map(async (key) => {
      const rows = await workspace.query<{ name: string; at: Date }>(
        key,
        'SELECT name, applied_at AS at FROM atriz.migrations',
      );
      return rows.map(({ name, at }) => ({ label: `${key} ${name.charAt(12)}`, at: at.getTime() }));
    }),
  );
  return runs
    .flat()
    .toSorted((a, b) => a.at - b.at)
    .map(({ label }) => label);
}

test('databases take turns where a migration requires one of a database that depends on its own', async () => {
  await write('core', 1);
  await write('core', 2, { requires: ['app@2'] });
  await write('app', 1, { requires: ['core@1'] });
  await write('app', 2);
  await write('app', 3, { requires: ['core@2'] });
  await write('shop', 1);
  await workspace.atriz(['create']);

  const { code, stdout } = await workspace.atriz(['migrate', '--json']);
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({
    databases: [
      { name: 'core', status: 'done', applied: [nameOf(1), nameOf(2)] },
      { name: 'app', status: 'done', applied: [nameOf(1), nameOf(2), nameOf(3)] },
      { name: 'shop', status: 'done', applied: [nameOf(1)] },
    ],
  });
  const order = await readOrder();
  expect(order.filter((each) => !each.startsWith('shop'))).toEqual(['core 1', 'app 1', 'app 2', 'core 2', 'app 3']);
  expect(order.indexOf('shop 1')).toBeGreaterThan(order.indexOf('core 2'));
  expect((await workspace.atriz(['migrate'])).stdout).toContain('3 databases done');
});

test('setup and reset create, migrate and seed in that order too', async () => {
  await write('core', 1);
  await write('core', 2, { requires: ['app@1'] });
  await write('app', 1, { requires: ['core@1'] });
  for (const args of [['setup'], ['reset', '--yes']]) {
    const { code, stdout } = await workspace.atriz([...args, '--json']);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      databases: [
        { name: 'core', created: true, applied: [nameOf(1), nameOf(2)] },
        { name: 'app', created: true, applied: [nameOf(1)] },
        { name: 'shop', created: true },
      ],
    });
  }
});

test('alone, a database refuses what another one lacks, without a trace, and says the command that does both', async () => {
  await write('core', 1);
  await write('app', 1);
  await write('app', 2, { requires: ['core@1'] });
  await workspace.atriz(['create']);
  const before = [
    await readCatalog(server, workspace.database('app')),
    await readContents(server, workspace.database('app')),
  ];

  await expect(workspace.atriz(['migrate'], { in: 'app' })).resolves.toEqual({
    code: 3,
    stdout: 'app  failed                            … ms\n',
    stderr: `app: REQUIREMENT_MISSING packages/app/migrations/${nameOf(2)}.sql:1: it requires core@${nameOf(1)}, which is not applied to "core" on SERVER
hint apply them in their order: pnpm exec atriz migrate --database core --database app
`,
  });
  expect([
    await readCatalog(server, workspace.database('app')),
    await readContents(server, workspace.database('app')),
  ]).toEqual(before);

  const names = [workspace.database('core'), workspace.database('app')];
  const done = await workspace.atriz(['migrate', ...names.flatMap((name) => ['--database', name])]);
  expect(done.code).toBe(0);
  expect(await appliedTo('app')).toEqual([1, 2]);
});

test('with --count only what is applied now needs what it requires', async () => {
  await write('core', 1);
  await write('core', 2);
  await write('app', 1);
  await write('app', 2, { requires: ['core@2'] });
  await workspace.atriz(['create']);
  expect((await workspace.atriz(['migrate', '--count=1'], { in: 'app' })).code).toBe(0);
  expect((await workspace.atriz(['migrate', '--count=1'], { in: 'core' })).code).toBe(0);
  const refused = await workspace.atriz(['migrate', '--count=1'], { in: 'app' });
  expect(refused.code).toBe(3);
  expect(refused.stderr).toContain(`it requires core@${nameOf(2)}, which is not applied to "core"`);
  expect((await workspace.atriz(['migrate', '--count=1'])).code).toBe(0);
  expect([await appliedTo('core'), await appliedTo('app')]).toEqual([
    [1, 2],
    [1, 2],
  ]);
});

test('what counts is the database that is asked, not its files', async () => {
  await write('core', 1);
  await write('app', 1, { requires: ['core@1'] });
  await workspace.atriz(['setup']);
  await write('app', 2, { requires: ['core@1'] });
  await workspace.query('core', `DELETE FROM pgmigrations`);
  expect((await workspace.atriz(['migrate'], { in: 'app' })).code).toBe(3);
  await workspace.query('core', `INSERT INTO pgmigrations (name, run_on) VALUES ('${nameOf(1)}', now())`);
  expect((await workspace.atriz(['migrate'], { in: 'app' })).code).toBe(0);
});

test('a database that does not exist lacks everything; the hint creates it', async () => {
  await write('core', 1);
  await write('app', 1, { requires: ['core@1'] });
  await workspace.atriz(['create'], { in: 'app' });
  const refused = await workspace.atriz(['migrate'], { in: 'app' });
  expect(refused.code).toBe(3);
  expect(refused.stderr).toContain(`which cannot be in "core" on SERVER: there is no such database
hint apply them in their order: pnpm exec atriz create --database core && pnpm exec atriz migrate --database core --database app
`);
});

test('a database that cannot be asked ends the run with exit code 4, and nothing is applied', async () => {
  await write('core', 1);
  await write('app', 1, { requires: ['core@1'] });
  await workspace.atriz(['create'], { in: 'app' });
  await workspace.write('packages/core/.env', 'DATABASE_URL=postgresql://nobody@127.0.0.1:1/core\n');
  const refused = await workspace.atriz(['migrate'], { in: 'app' });
  expect(refused.code).toBe(4);
  expect(refused.stderr).toContain(
    `app: SERVER_UNREACHABLE packages/app/migrations/${nameOf(1)}.sql:1: it requires core@${nameOf(1)}, ` +
      'and that database cannot be asked: no PostgreSQL answers at 127.0.0.1:1',
  );
  expect(await appliedTo('app')).toEqual([]);
});

test('migrations that require each other are refused with the path; other databases are migrated', async () => {
  await write('core', 1);
  await write('app', 1, { requires: ['shop@1'] });
  await write('shop', 1, { requires: ['app@1'] });
  await workspace.atriz(['create']);
  const { code, stdout, stderr } = await workspace.atriz(['migrate']);
  expect(code).toBe(1);
  expect(stderr.match(/REQUIREMENT_CYCLE/g)).toHaveLength(2);
  expect(stderr)
    .toContain(`app: REQUIREMENT_CYCLE migrations wait for each other in a circle: app@${nameOf(1)} → shop@${nameOf(1)} → app@${nameOf(1)}
  packages/app/migrations/${nameOf(1)}.sql:1 requires shop@${nameOf(1)}
  packages/shop/migrations/${nameOf(1)}.sql:1 requires app@${nameOf(1)}
hint take one of these lines out, or move what it is about into a migration of its own
`);
  expect(stdout).toMatch(/^core +1 migration applied/m);
  // alone, too: the circle is in the files, whoever is asked
  expect((await workspace.atriz(['migrate'], { in: 'app' })).stderr).toContain('REQUIREMENT_CYCLE');
});

test('a requirement of a name that does not exist is told with file and line, before anything is applied', async () => {
  await write('core', 1);
  await write('app', 1);
  await write('app', 2, { requires: ['core@7', 'shop@8'] });
  await write('shop', 1);
  await workspace.atriz(['create']);
  const { code, stdout, stderr } = await workspace.atriz(['migrate']);
  expect(code).toBe(1);
  expect(stderr)
    .toContain(`app: REQUIREMENT_UNKNOWN packages/app/migrations/${nameOf(2)}.sql:1: it requires core@${nameOf(7)}, but core has no migration of that name
packages/app/migrations/${nameOf(2)}.sql:2: it requires shop@${nameOf(8)}, but shop has no migration of that name
`);
  expect(stdout).toMatch(/^shop +1 migration applied/m);
  expect(await appliedTo('app')).toEqual([]);
});

test('when one stretch fails, those that wait for it are skipped, and the next run goes on from there', async () => {
  await write('core', 1);
  await write('core', 2, { requires: ['app@1'] });
  await write('app', 1, { up: 'SELECT 1 / 0;' });
  await write('shop', 1);
  await workspace.atriz(['create']);
  const failed = await workspace.atriz(['migrate']);
  expect(failed.code).toBe(1);
  expect(failed.stdout).toMatch(/^core +skipped, because app failed$/m);
  expect(failed.stdout).toMatch(/^shop +skipped, because core was skipped$/m);
  expect([await appliedTo('core'), await appliedTo('app'), await appliedTo('shop')]).toEqual([[1], [], []]);

  await write('app', 1);
  expect((await workspace.atriz(['migrate'])).code).toBe(0);
  expect(await readOrder()).toEqual(['core 1', 'app 1', 'core 2', 'shop 1']);
});
