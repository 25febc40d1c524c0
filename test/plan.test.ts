import { beforeAll, beforeEach, expect, test } from 'vitest';
import { readCatalog, readContents } from './harness/contents.ts';
import { openTestServer, type Server } from './harness/server.ts';
import { createWorkspace, migration, type Workspace } from './harness/workspace.ts';

let server: Server;
let workspace: Workspace;
beforeAll(async () => {
  server = await openTestServer();
});
beforeEach(async () => {
  workspace = await createWorkspace(
    {
      core: {
        migrations: {
          '1700000000001_users.sql': migration('CREATE TABLE users (id int PRIMARY KEY, name text);'),
        },
      },
      app: {
        dependsOn: ['core'],
        migrations: {
          '1700000000001_cars.sql': migration(
            'CREATE TABLE cars (id int PRIMARY KEY);\nALTER TABLE cars ADD COLUMN plate text;',
          ),
          '1700000000002_plates.sql': `-- atriz: no-transaction\n${migration(
            'CREATE INDEX CONCURRENTLY cars_plate_idx ON cars (plate);',
          )}`,
        },
      },
    },
    server,
  );
  return () => workspace[Symbol.asyncDispose]();
});

/** Adds `core/2`, which requires `app/1`, against the order of packages. */
function requireApp(): Promise<void> {
  return workspace.write(
    'packages/core/migrations/1700000000002_emails.sql',
    `-- requires: ${workspace.database('app')}@1700000000001_cars
-- atriz: lock-timeout 2s
${migration('ALTER TABLE users ADD COLUMN email text;\nCREATE INDEX ON users (email);\nCREATE INDEX ON users (name);')}`,
  );
}

interface Document {
  readonly databases: readonly Record<string, unknown>[];
  readonly migrations: readonly { readonly number: number; readonly database: string; readonly name: string }[];
}

async function planned(...args: string[]): Promise<Document> {
  return JSON.parse((await workspace.atriz(['migrate', 'plan', ...args, '--json'])).stdout) as Document;
}

test('a plan says what would run where and in which order, with locks, requirements and what the linter finds', async () => {
  await requireApp();
  await workspace.atriz(['create'], { in: 'core' });
  await workspace.atriz(['migrate', '--count=1'], { in: 'core' });

  await expect(workspace.atriz(['migrate', 'plan'])).resolves.toEqual({
    code: 0,
    stdout: `core  1 applied  1 to apply
app   0 applied  2 to apply  does not exist yet

app
  1  1700000000001_cars
       CREATE TABLE
       ALTER TABLE
       warning line 2: Using 32-bit integer fields can result in hitting the max \`int\` limit. (prefer-bigint-over-int)
  2  1700000000002_plates
       without a transaction, statement by statement
       CREATE INDEX  SHARE UPDATE EXCLUSIVE on cars

core, after 2
  3  1700000000002_emails
       waits for locks … ms at most
       requires app@1700000000001_cars
       ALTER TABLE      ACCESS EXCLUSIVE on users
       CREATE INDEX ×2  SHARE on users
       error line 5: During normal index creation, table updates are blocked, but reads are still allowed. (require-concurrent-index-creation)
       error line 6: During normal index creation, table updates are blocked, but reads are still allowed. (require-concurrent-index-creation)

3 migrations to apply; nothing was changed
`,
    stderr: '',
  });
});

test('the order of the plan is the one in which up applies', async () => {
  await requireApp();
  await workspace.atriz(['create']);
  const { migrations } = await planned();
  const order = migrations.map(({ database, name }) => `${database} ${name}`);
  expect(order).toEqual([
    'core 1700000000001_users',
    'app 1700000000001_cars',
    'app 1700000000002_plates',
    'core 1700000000002_emails',
  ]);
  expect((await workspace.atriz(['migrate'])).code).toBe(0);
  const applied = await Promise.all(
    ['core', 'app'].map(async (key) => {
      const rows = await workspace.query<{ name: string; at: Date }>(
        key,
        'SELECT name, applied_at AS at FROM atriz.migrations',
      );
      return rows.map(({ name, at }) => ({ label: `${key} ${name}`, at: at.getTime() }));
    }),
  );
  expect(
    applied
      .flat()
      .toSorted((a, b) => a.at - b.at)
      .map(({ label }) => label),
  ).toEqual(order);
  await expect(planned()).resolves.toMatchObject({ databases: [{ pending: [] }, { pending: [] }], migrations: [] });
  expect((await workspace.atriz(['migrate', 'plan'])).stdout).toContain('nothing to apply; nothing was changed\n');
});

test('--json is the plan for a machine', async () => {
  await requireApp();
  await workspace.atriz(['setup'], { in: 'app' });
  const rest = { provider: 'postgresql', reachable: true, problems: [] };
  await expect(planned('--database', workspace.database('core'))).resolves.toMatchObject({
    databases: [
      {
        name: 'core',
        owner: '@fixture/core',
        exists: false,
        applied: 0,
        pending: ['1700000000001_users', '1700000000002_emails'],
        ...rest,
      },
    ],
    migrations: [
      { number: 1, after: [], transaction: true, lockTimeoutMs: 5000, requires: [] },
      {
        number: 2,
        database: 'core',
        name: '1700000000002_emails',
        path: 'packages/core/migrations/1700000000002_emails.sql',
        after: [1],
        transaction: true,
        lockTimeoutMs: 2000,
        requires: [{ database: 'app', migration: '1700000000001_cars', state: 'applied' }],
        statements: [
          { kind: 'ALTER TABLE', line: 4, locks: [{ relation: 'users', mode: 'ACCESS EXCLUSIVE' }] },
          { kind: 'CREATE INDEX', line: 5, locks: [{ relation: 'users', mode: 'SHARE' }] },
          { kind: 'CREATE INDEX', line: 6, locks: [{ relation: 'users', mode: 'SHARE' }] },
        ],
        findings: [
          { line: 5, level: 'error', rule: 'require-concurrent-index-creation' },
          { line: 6, level: 'error', rule: 'require-concurrent-index-creation' },
        ],
      },
    ],
  });
});

test('planning changes nothing, in no database, not even in the ledger; and makes none', async () => {
  await requireApp();
  await workspace.atriz(['create'], { in: 'core' });
  await workspace.atriz(['migrate', '--count=1'], { in: 'core' });
  await workspace.query('core', 'DROP SCHEMA atriz CASCADE');
  const core = workspace.database('core');
  // Which transaction wrote each row of the catalog: something made and dropped again would show, too.
  const written = `SELECT relation, oid, xmin FROM (
    SELECT 'class' AS relation, oid, xmin FROM pg_class UNION ALL SELECT 'namespace', oid, xmin FROM pg_namespace
  ) AS rows ORDER BY relation, oid`;
  const look = async () => [
    await readCatalog(server, core),
    await readContents(server, core),
    await server.query(core, written),
    await server.databaseExists(workspace.database('app')),
  ];
  const before = await look();
  for (const args of [[], ['--json'], ['--count=1']]) {
    expect((await workspace.atriz(['migrate', 'plan', ...args])).code).toBe(0);
  }
  expect(await look()).toEqual(before);
});

test('a database that cannot be asked is said, the others are planned, and the exit code is 4', async () => {
  await workspace.write('packages/core/.env', 'DATABASE_URL=postgresql://nobody@127.0.0.1:1/core\n');
  const { code, stdout } = await workspace.atriz(['migrate', 'plan']);
  expect(code).toBe(4);
  expect(stdout).toMatch(/^core +- +- +SERVER_UNREACHABLE$/m);
  expect(stdout).toMatch(/^core: SERVER_UNREACHABLE no PostgreSQL answers at 127.0.0.1:1/m);
  expect(stdout).toContain('  1  1700000000001_cars\n');
});

test('what up would refuse is a problem of the plan, with the same code and hint', async () => {
  await requireApp();
  await workspace.atriz(['create']);
  await workspace.write('packages/app/migrations/1700000000003_bad.sql', migration('CREATE TABEL t ();'));
  const refused = await workspace.atriz(['migrate', 'plan'], { in: 'app' });
  expect(refused.code).toBe(1);
  expect(refused.stdout).toMatch(/^app: MIGRATION_INVALID migrations\/1700000000003_bad\.sql:2:8: syntax error/m);

  const missing = await workspace.atriz(['migrate', 'plan'], { in: 'core' });
  expect(missing.code).toBe(3);
  expect(missing.stdout).toContain(
    'core: REQUIREMENT_MISSING packages/core/migrations/1700000000002_emails.sql:1: it requires app@1700000000001_cars, ' +
      'which is not applied to "app" on SERVER\n' +
      'hint apply them in their order: pnpm exec atriz migrate --database app --database core\n',
  );
  expect(missing.stdout).toContain('requires app@1700000000001_cars, which is missing\n');
});

test('a circle and an unknown name are told as up tells them; the databases that they are not about are planned', async () => {
  const name = (key: string): string => `${workspace.database(key)}@1700000000009_x`;
  await workspace.write(
    'packages/core/migrations/1700000000009_x.sql',
    `-- requires: ${workspace.database('core')}@1700000000009_x\n${migration('SELECT 1;')}`,
  );
  await workspace.write(
    'packages/app/migrations/1700000000009_x.sql',
    `-- requires: ${name('nowhere')}\n${migration('SELECT 1;')}`,
  );
  const { code, stdout } = await workspace.atriz(['migrate', 'plan']);
  expect(code).toBe(1);
  expect(stdout).toContain(
    `core: REQUIREMENT_CYCLE migrations wait for each other in a circle: core@1700000000009_x → `,
  );
  expect(stdout).toContain(
    'app: REQUIREMENT_UNKNOWN packages/app/migrations/1700000000009_x.sql:1: it requires nowhere@',
  );
  expect(stdout).toContain('nothing to apply; nothing was changed\n');
});

test('an edited, a missing and a late file are problems; --allow-out-of-order plans the late one', async () => {
  await workspace.atriz(['setup']);
  await workspace.write('packages/core/migrations/1700000000001_users.sql', migration('CREATE TABLE users ();'));
  await workspace.write('packages/app/migrations/1699999999999_late.sql', migration('SELECT 1;'));
  const { code, stdout } = await workspace.atriz(['migrate', 'plan']);
  expect(code).toBe(3);
  expect(stdout).toMatch(/^core: MIGRATION_EDITED 1700000000001_users /m);
  expect(stdout).toMatch(/^app: MIGRATION_OUT_OF_ORDER 1699999999999_late /m);
  const allowed = await workspace.atriz(['migrate', 'plan', '--allow-out-of-order'], { in: 'app' });
  expect(allowed).toMatchObject({ code: 0 });
  expect(allowed.stdout).toContain('  1  1699999999999_late\n');
});

test('in production what the linter calls an error is a problem, as up refuses it', async () => {
  await requireApp();
  await workspace.atriz(['setup'], { in: 'app' });
  const env = { NODE_ENV: 'production', DATABASE_URL: server.url(workspace.database('core')) };
  const { code, stdout } = await workspace.atriz(['migrate', 'plan'], { in: 'core', env });
  expect(code).toBe(3);
  expect(stdout).toContain('core: LINT_REFUSED this is production, and the linter finds 2 errors in what is pending\n');
});
