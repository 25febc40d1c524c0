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
          '1700000000001_beds.sql': migration('CREATE TABLE beds (id bigint PRIMARY KEY);', 'DROP TABLE beds;'),
          '1700000000002_index.sql': migration('CREATE INDEX beds_idx ON beds (id);', 'DROP INDEX beds_idx;'),
        },
      },
      shed: { migrations: { '1700000000001_tools.sql': migration('CREATE TABLE tools (id int PRIMARY KEY);') } },
    },
    server,
  );
  await workspace.atriz(['create']);
});
afterAll(() => workspace[Symbol.asyncDispose]());

const ERROR = `error packages/garden/migrations/1700000000002_index.sql:2:1: During normal index creation, table updates are blocked, but reads are still allowed. (require-concurrent-index-creation)
     2 | CREATE INDEX beds_idx ON beds (id);
       | ^
hint Use \`concurrently\` to avoid blocking writes.
`;
const WARNING = `warning packages/shed/migrations/1700000000001_tools.sql:2:24: Using 32-bit integer fields can result in hitting the max \`int\` limit. (prefer-bigint-over-int)
     2 | CREATE TABLE tools (id int PRIMARY KEY);
       |                        ^
hint Use 64-bit integer values instead to prevent hitting this limit.
`;

test('what is pending is linted: errors are told by file and line, and make the exit code 3; warnings are told', async () => {
  await expect(workspace.atriz(['migrate', 'lint'])).resolves.toEqual({
    code: 3,
    stdout:
      `${ERROR}garden: 2 pending migrations linted, 1 error, 0 warnings\n` +
      `${WARNING}shed: 1 pending migration linted, 0 errors, 1 warning\n`,
    stderr: '',
  });
  await expect(workspace.atriz(['migrate', 'lint', '--database', '@fixture/shed'])).resolves.toMatchObject({ code: 0 });
});

test('with --json there is one document', async () => {
  const { code, stdout } = await workspace.atriz(['migrate', 'lint', '--json', '--database=@fixture/garden']);
  expect(code).toBe(3);
  expect(JSON.parse(stdout)).toEqual({
    databases: [
      {
        name: 'garden',
        owner: '@fixture/garden',
        status: 'done',
        durationMs: 0,
        files: 2,
        findings: [
          {
            file: 'packages/garden/migrations/1700000000002_index.sql',
            line: 2,
            column: 1,
            level: 'error',
            rule: 'require-concurrent-index-creation',
            message: 'During normal index creation, table updates are blocked, but reads are still allowed.',
            hint: 'Use `concurrently` to avoid blocking writes.',
          },
        ],
      },
    ],
  });
});

test('in production errors are refused before anything is applied, whichever command would; --accept-lint applies them', async () => {
  const env = {
    NODE_ENV: 'production',
    DATABASE_URL: server.url(workspace.database('garden')),
    REQUIRE_MIGRATION_BACKUP: 'false',
  };
  const tables = `SELECT relname FROM pg_class WHERE relname IN ('beds', 'identity', 'pgmigrations')`;
  for (const command of [['migrate'], ['migrate', 'up'], ['setup']]) {
    const refused = await workspace.atriz(command, { in: 'garden', env });
    expect(refused.code).toBe(3);
    expect(refused.stderr).toContain(
      'garden: LINT_REFUSED migrations/1700000000002_index.sql:2:1: During normal index creation',
    );
    expect(refused.stderr).toContain(
      'hint write it so that nobody waits or loses anything, or add --accept-lint to apply it as it is\n',
    );
    await expect(workspace.query('garden', tables)).resolves.toEqual([]);
  }
  const first = await workspace.atriz(['migrate', '--count=1'], { in: 'garden', env });
  expect(first).toMatchObject({ code: 0, stdout: expect.stringContaining('1 migration applied') as string });
  await expect(workspace.atriz(['migrate'], { in: 'garden', env })).resolves.toMatchObject({ code: 3 });
  const accepted = await workspace.atriz(['migrate', 'up', '--accept-lint'], { in: 'garden', env });
  expect(accepted).toMatchObject({ code: 0, stdout: expect.stringContaining('1 migration applied') as string });
});

test('what is applied is linted no more, unless --all asks for every file; inside a package for those of the package', async () => {
  const env = { NODE_ENV: 'production', DATABASE_URL: server.url(workspace.database('garden')) };
  await expect(workspace.atriz(['migrate', 'lint'], { in: 'garden', env })).resolves.toEqual({
    code: 0,
    stdout: 'garden: 0 pending migrations linted, 0 errors, 0 warnings\n',
    stderr: '',
  });
  await expect(workspace.atriz(['migrate', 'lint', '--all'], { in: 'garden' })).resolves.toMatchObject({
    code: 3,
    stdout: expect.stringMatching(
      /^error migrations\/1700000000002_index\.sql:2:1.*garden: 2 migrations linted/s,
    ) as string,
  });
});

test('--all asks no server', async () => {
  const unreachable = { PGHOST: '127.0.0.1', PGPORT: '1', PGUSER: 'nobody' };
  await expect(workspace.atriz(['migrate', 'lint', '--all'], { env: unreachable })).resolves.toMatchObject({ code: 3 });
  await expect(workspace.atriz(['migrate', 'lint'], { env: unreachable })).resolves.toMatchObject({ code: 4 });
});
