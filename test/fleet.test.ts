import { afterAll, beforeAll, expect, test } from 'vitest';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { REPOSITORY, runShell } from './harness/command.ts';
import { openTestServer, type Server } from './harness/server.ts';
import { createWorkspace, migration, type Workspace } from './harness/workspace.ts';

const NUMBERS = ['01', '02', '03', '04', '05', '06', '07', '08', '09', '10', '11', '12'];

let server: Server;
let workspace: Workspace;
let home: string;

/** The name of an instance's database; an instance is called by its number. */
const databaseOf = (number: string): string => `${home}_${number}`;
const listed = (...numbers: readonly string[]) => numbers.map((name) => ({ name, database: databaseOf(name) }));

async function define(instances: unknown): Promise<void> {
  const definition = JSON.stringify({ name: home, instances });
  await workspace.write(
    'packages/tenants/database.config.ts',
    `import { defineDatabase } from '@atriz/database';\nexport default defineDatabase(${definition});\n`,
  );
}

interface DatabaseDocument {
  readonly instances: readonly Readonly<Record<string, unknown>>[];
  readonly [field: string]: unknown;
}

async function json(...args: readonly string[]): Promise<{ code: number | null; database: DatabaseDocument }> {
  const { code, stdout } = await workspace.atriz([...args, '--json'], { in: 'tenants' });
  const { databases } = JSON.parse(stdout) as { databases: DatabaseDocument[] };
  return { code, database: databases[0]! };
}

beforeAll(async () => {
  server = await openTestServer();
  workspace = await createWorkspace(
    {
      registry: {
        migrations: { '1700000000001_tenants.sql': migration('CREATE TABLE tenants (name text, place text);') },
      },
      tenants: {
        dependsOn: ['registry'],
        migrations: { '1700000000001_notes.sql': migration('CREATE TABLE notes (text text);', 'DROP TABLE notes;') },
        seeds: { '001_notes.ts': `export default (client) => client.query("INSERT INTO notes VALUES ('first')");\n` },
      },
    },
    server,
  );
  home = workspace.database('tenants');
  await workspace.write('packages/tenants/tenants.json', JSON.stringify(listed(...NUMBERS)));
  await define({ file: 'tenants.json' });
});
afterAll(async () => {
  await server.drop([...NUMBERS, '13', '14'].map(databaseOf));
  await workspace[Symbol.asyncDispose]();
});

test('create and migrate reach the definition’s own database and each instance', async () => {
  const created = await workspace.atriz(['create'], { in: 'tenants' });
  expect(created).toMatchObject({ code: 0 });
  expect(created.stdout).toMatch(/^tenants +created +… ms\ntenants +12 instances +12 × created +… (?:ms|s)$/m);

  const migrated = await workspace.atriz(['migrate'], { in: 'tenants' });
  expect(migrated).toMatchObject({ code: 0 });
  expect(migrated.stdout).toMatch(/^tenants +12 instances +12 × 1 migration applied /m);
  expect(migrated.stderr).toContain('tenants: 12 of 12 instances\n');
});

test('a second run finds nothing to do', async () => {
  const { code, database } = await json('migrate');
  expect(code).toBe(0);
  expect(database).toMatchObject({
    status: 'done',
    applied: [],
    fleet: { instances: 12, done: 12, failed: 0, skipped: 0 },
  });
  expect(database.instances[0]).toEqual({ name: '01', status: 'done', durationMs: 0, applied: [], undone: [] });
});

test('maintain keeps each instance up', async () => {
  const { code, database } = await json('maintain');
  expect(code).toBe(0);
  expect(database).toMatchObject({ name: 'tenants', status: 'done', analyzed: 2, fleet: { instances: 12, done: 12 } });
  expect(database.instances.map(({ analyzed }) => analyzed)).toEqual(NUMBERS.map(() => 2));
});

test('status has one line for the fleet, and one for each instance where that is asked for', async () => {
  const { code, stdout } = await workspace.atriz(['status'], { in: 'tenants' });
  expect(code).toBe(0);
  expect(stdout).toMatch(
    /^tenants +@fixture\/tenants +postgresql +1 +0 +up to date\n {2}12 instances +12 up to date$/m,
  );

  const each = await workspace.atriz(['status', '--instances', '--instance', '0*'], { in: 'tenants' });
  expect(each.stdout).toMatch(/^ {2}9 instances +9 up to date\n {2}01 +1 +0 +up to date\n {2}02 +1 /m);

  const { database } = await json('status');
  expect(database.instances).toHaveLength(12);
  expect(database.instances[3]).toEqual({ name: '04', reachable: true, applied: 1, pending: [], problems: [] });
});

test('one that fails and one that is missing do not stop the others; the report says how to go on', async () => {
  await workspace.write(
    'packages/tenants/migrations/1700000000002_unique.sql',
    migration(
      'ALTER TABLE notes ADD CONSTRAINT notes_text_key UNIQUE (text);',
      'ALTER TABLE notes DROP CONSTRAINT notes_text_key;',
    ),
  );
  await server.query(databaseOf('03'), `INSERT INTO notes VALUES ('twice'), ('twice')`);
  await server.drop([databaseOf('07')]);

  const { code, stdout, stderr } = await workspace.atriz(['migrate'], { in: 'tenants' });
  expect(code).toBe(1);
  expect(stdout).toMatch(/^tenants\/03 +failed /m);
  expect(stdout).toMatch(/^tenants +12 instances +10 × 1 migration applied, 2 failed /m);
  expect(stdout).toMatch(
    /^next correct what failed, then: pnpm exec atriz migrate up --database tenants --instance 03 --instance 07$/m,
  );
  expect(stderr).toMatch(/^tenants\/03: MIGRATION_FAILED .*could not create unique index/m);
  expect(stderr).toMatch(/^tenants\/07: DATABASE_MISSING database "tenants_07" does not exist/m);

  const status = await workspace.atriz(['status'], { in: 'tenants' });
  expect(status.code).toBe(1);
  expect(status.stdout).toMatch(/^ {2}12 instances +10 up to date, 1 pending, 1 DATABASE_MISSING$/m);
  expect(status.stdout).toMatch(/^tenants\/07: DATABASE_MISSING /m);
});

test('the next run goes on where the last one ended', async () => {
  await server.query(databaseOf('03'), `DELETE FROM notes`);
  expect(await workspace.atriz(['create', '--instance', '07'], { in: 'tenants' })).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^tenants +1 instance +1 × created /),
  });

  const { code, database } = await json('migrate');
  expect(code).toBe(0);
  expect(database).toMatchObject({ applied: [], fleet: { instances: 12, done: 12 } });
  const applied = database.instances.map((each) => [each['name'], (each['applied'] as string[]).length]);
  expect(applied.filter(([, count]) => count !== 0)).toEqual([
    ['03', 1],
    ['07', 2],
  ]);
});

test('after as many failures as are let pass, no other instance is begun', async () => {
  await define(listed('13', '14', '01'));
  const { code, database } = await json('migrate', '--max-failures', '1', '--concurrency', '1');
  expect(code).toBe(1);
  expect(database.instances).toMatchObject([
    { name: '13', status: 'failed', error: { code: 'DATABASE_MISSING' } },
    { name: '14', status: 'skipped', because: '1 failed before it' },
    { name: '01', status: 'skipped' },
  ]);
  await define({ file: 'tenants.json' });
});

test('an instance that is none is refused before anything is done', async () => {
  const { code, stdout, stderr } = await workspace.atriz(['migrate', '--instance', '01', '--instance', 'acme'], {
    in: 'tenants',
  });
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toMatch(
    /^INSTANCE_UNKNOWN there is no instance "acme" of tenants\nhint choose of: 01, 02, .*12 in all/m,
  );

  const elsewhere = await workspace.atriz(['migrate', '--instance', '01'], { in: 'registry' });
  expect(elsewhere).toMatchObject({ code: 2, stderr: expect.stringContaining('have no instances') });
});

test('seeds run in each instance, and drift is found in the one that has it', async () => {
  const seeded = await workspace.atriz(['seed', '--instance', '0*'], { in: 'tenants' });
  expect(seeded.stdout).toMatch(/^tenants +9 instances +9 × 1 seed run /m);

  await server.query(databaseOf('05'), 'ALTER TABLE notes ADD COLUMN author text');
  const { code, stdout } = await workspace.atriz(['migrate', 'check'], { in: 'tenants' });
  expect(code).toBe(3);
  expect(stdout).toMatch(/^tenants\/05 +1 difference .*\n {2}.*notes.*author/m);
  expect(stdout).toMatch(/^tenants +12 instances +11 × no drift \(2 migrations\), 1 × 1 difference /m);
  await server.query(databaseOf('05'), 'ALTER TABLE notes DROP COLUMN author');
});

test('a tenant’s database is not taken for another’s, nor for the definition’s own', async () => {
  await define([
    { name: '01', database: databaseOf('02') },
    { name: '02', database: databaseOf('01') },
  ]);
  const { code, database } = await json('migrate');
  expect(code).toBe(3);
  expect(database.instances).toMatchObject([
    { status: 'failed', error: { code: 'IDENTITY_MISMATCH' } },
    { status: 'failed', error: { code: 'IDENTITY_MISMATCH' } },
  ]);
  await define({ file: 'tenants.json' });

  const exported = await workspace.atriz(['migrate'], {
    in: 'tenants',
    env: { DATABASE_URL: server.url(databaseOf('01')) },
  });
  expect(exported.code).toBe(3);
  expect(exported.stderr).toMatch(/IDENTITY_MISMATCH .* is instance 01 of tenants of family fixture, not tenants of /);
});

test('what destroys reaches the instances that are named, and only them', async () => {
  const asked = await workspace.atriz(['clean', '--instance', '1*'], { in: 'tenants' });
  expect(asked).toMatchObject({ code: 3, stderr: expect.stringContaining('the instances 1* of tenants') });

  await workspace.atriz(['clean', '--yes'], { in: 'tenants' });
  await workspace.atriz(['clean', '--yes', '--instance', '02'], { in: 'tenants' });
  const count = 'SELECT count(*)::int AS count FROM notes';
  await expect(server.query(databaseOf('01'), count)).resolves.toEqual([{ count: 1 }]);
  await expect(server.query(databaseOf('02'), count)).resolves.toEqual([{ count: 0 }]);

  const down = await workspace.atriz(['migrate', 'down', '--instance', '01'], { in: 'tenants' });
  expect(down.stdout).toMatch(/^tenants +1 instance +1 × 1 migration undone /m);
  expect(await workspace.atriz(['migrate', '--instance', '01'], { in: 'tenants' })).toMatchObject({ code: 0 });

  const dropped = await workspace.atriz(['drop', '--yes', '--instance', '12'], { in: 'tenants' });
  expect(dropped.stdout).toMatch(/^tenants +1 instance +1 × dropped /m);
  await expect(server.databaseExists(databaseOf('12'))).resolves.toBe(false);
  await expect(server.databaseExists(databaseOf('11'))).resolves.toBe(true);
});

test('a query names the instances; where its table is not there yet, create makes none', async () => {
  const query = `SELECT name, '${home}_' || name AS database FROM tenants ORDER BY name`;
  await define({ query, database: workspace.database('registry') });
  const created = await workspace.atriz(['create']);
  expect(created).toMatchObject({ code: 0, stdout: expect.stringMatching(/^tenants +exists already/m) });
  expect(created.stderr).toContain('tenants: its instances are not known yet');

  const migrated = await workspace.atriz(['migrate']);
  expect(migrated).toMatchObject({ code: 0 });
  expect(migrated.stdout).toMatch(/^tenants +0 instances +no instances yet /m);

  await workspace.query('registry', `INSERT INTO tenants VALUES ('13'), ('01')`);
  const created2 = await workspace.atriz(['create', '--json']);
  expect(JSON.parse(created2.stdout)).toMatchObject({
    databases: [
      {},
      {
        instances: [
          { name: '01', created: false },
          { name: '13', created: true },
        ],
      },
    ],
  });
  await workspace.query('registry', `INSERT INTO tenants VALUES ('01')`);
  const doubled = await workspace.atriz(['migrate']);
  expect(doubled.code).toBe(1);
  expect(doubled.stderr).toMatch(/^instances of tenants: INSTANCES_INVALID .*row 2: "01" is there already, at row 1/m);
});

test('Ctrl-C leaves each database whole, and the next run goes on', async () => {
  await define({ file: 'tenants.json' });
  await workspace.write(
    'packages/tenants/migrations/1700000000003_slow.sql',
    migration('CREATE TABLE slow (); SELECT pg_sleep(0.4);', 'DROP TABLE slow;'),
  );
  await workspace.atriz(['create', '--instance', '12'], { in: 'tenants' });
  const running = workspace.start(['migrate', '--concurrency', '2', '--json'], { in: 'tenants' });
  await running.said('2 of 12 instances');
  running.child.kill('SIGINT');
  const { code, stdout } = await running.result;
  expect(code).toBe(130);
  const { databases } = JSON.parse(stdout) as { databases: DatabaseDocument[] };
  const statuses = databases[0]!.instances.map((each) => each['status']);
  expect(statuses.slice(0, 2)).toEqual(['done', 'done']);
  expect(statuses.at(-1)).toBe('skipped');

  const again = await json('migrate');
  expect(again.code).toBe(0);
  const doneTwice = again.database.instances.filter(
    ({ applied }, index) => statuses[index] === 'done' && (applied as string[]).length > 0,
  );
  expect(doneTwice).toEqual([]);
  const status = await json('status');
  expect(status.database.instances.every(({ pending }) => (pending as string[]).length === 0)).toBe(true);
});

test('a copy of another tenant’s database is refused until it is taken over by name', async () => {
  await server.drop(['13', '14'].map(databaseOf));
  await server.query('postgres', `CREATE DATABASE "${databaseOf('13')}" TEMPLATE "${databaseOf('11')}"`);
  await server.query('postgres', `CREATE DATABASE "${databaseOf('14')}" TEMPLATE "${home}"`);
  await define(listed('11', '13', '14'));

  const { code, database } = await json('migrate');
  expect(code).toBe(3);
  expect(database.instances).toMatchObject([
    { name: '11', status: 'done' },
    { name: '13', status: 'failed', error: { code: 'IDENTITY_MISMATCH' } },
    { name: '14', status: 'done' },
  ]);
  const adopt = ['identity', 'set', '--adopt', '--yes', '--instance', '13'];
  const adopted = await workspace.atriz(adopt, { in: 'tenants' });
  expect(adopted).toMatchObject({ code: 0, stdout: expect.stringMatching(/1 × instance 11 → 13 /) });
  expect((await json('migrate')).code).toBe(0);
  const named = 'SELECT instance FROM atriz.identity';
  await expect(server.query(databaseOf('13'), named)).resolves.toEqual([{ instance: '13' }]);
  await expect(server.query(databaseOf('14'), named)).resolves.toEqual([{ instance: '14' }]);
});

test('an instance has its own account where a variable holds its connection string', async () => {
  await define([
    { name: '11', database: databaseOf('11') },
    { name: 'far', urlVariable: 'FAR_URL' },
  ]);
  const without = await json('status');
  expect(without.code).toBe(1);
  expect(without.database.instances).toMatchObject([
    { name: '11', problems: [] },
    { name: 'far', reachable: false, problems: [{ code: 'CONNECTION_NOT_CONFIGURED' }] },
  ]);
  await workspace.write('packages/tenants/.env', `FAR_URL=${server.url(databaseOf('far'))}\n`);
  try {
    const { code, stdout } = await workspace.atriz(['setup', '--instance', 'far'], { in: 'tenants' });
    expect({ code, stdout }).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^tenants +1 instance +1 × created, 3 migrations, 1 seed [^]* 1 up to date$/m),
    });
    await expect(server.query(databaseOf('far'), 'SELECT instance FROM atriz.identity')).resolves.toEqual([
      { instance: 'far' },
    ]);
  } finally {
    await server.drop([databaseOf('far')]);
    await workspace.write('packages/tenants/.env', '');
  }
});

test('what corrects a history reaches the instances that are named', async () => {
  const [newest] = (await server.query<{ name: string }>(home, 'SELECT max(name) AS name FROM pgmigrations')).map(
    ({ name }) => name,
  );
  await define(listed('11', '14'));
  for (const number of ['11', '14']) {
    await server.query(databaseOf(number), 'DELETE FROM pgmigrations');
    await server.query(databaseOf(number), 'DELETE FROM atriz.migrations');
  }
  const baseline = ['migrate', 'baseline', '--to', newest!, '--instance', '1*'];
  expect(await workspace.atriz(baseline, { in: 'tenants' })).toMatchObject({
    code: 3,
    stderr: expect.stringContaining('are in the instances 1* of tenants already'),
  });
  const adopted = await workspace.atriz([...baseline, '--yes'], { in: 'tenants' });
  expect(adopted.stdout).toMatch(/^tenants +2 instances +2 × 3 migrations written down as applied /m);

  const file = 'packages/tenants/migrations/1700000000001_notes.sql';
  await workspace.write(file, migration('-- ours\nCREATE TABLE notes (text text);', 'DROP TABLE notes;'));
  expect((await json('migrate')).code).toBe(3);
  await workspace.atriz(['migrate', 'repair', '--yes'], { in: 'tenants' });
  const repaired = await workspace.atriz(['migrate', 'repair', '--yes', '--instance', '*'], { in: 'tenants' });
  expect(repaired.stdout.match(/^\+-- ours$/gm)).toHaveLength(1);
  expect(repaired.stdout).toMatch(/^tenants +2 instances +2 × 1 text accepted /m);
  expect((await json('migrate')).code).toBe(0);
});

test('the commands of docs/fleet.md do what it says', async () => {
  const page = await readFile(join(REPOSITORY, 'docs/fleet.md'), 'utf8');
  const lines = [...page.matchAll(/^```sh\n(.*?)^```/gms)].flatMap(([, block]) => block!.trim().split('\n'));
  expect(lines.length).toBeGreaterThan(9);
  await define(['acme', 'globex', 'canary', 'eu_1'].map((name) => ({ name, database: databaseOf(name) })));
  try {
    for (const line of lines) {
      const command = line.replace('pnpm exec atriz', '$ATRIZ').replace('tenant_db', home);
      const { code, stderr } = await runShell(command, workspace.surroundings());
      expect({ line, code, stderr }).toEqual({ line, code: 0, stderr: expect.not.stringContaining('hint') });
    }
    await expect(server.databaseExists(databaseOf('acme'))).resolves.toBe(false);
    await expect(server.databaseExists(databaseOf('eu_1'))).resolves.toBe(true);
  } finally {
    await server.drop(['acme', 'globex', 'canary', 'eu_1'].map(databaseOf));
  }
});
