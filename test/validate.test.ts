import { afterAll, beforeAll, expect, test } from 'vitest';
import { REPOSITORY, runAtriz } from './harness/command.ts';
import { createWorkspace, migration, type Workspace } from './harness/workspace.ts';

/** No variable leads to a server, and none is there: nothing of this needs one. */
let workspace: Workspace;
beforeAll(async () => {
  workspace = await createWorkspace({
    core: {
      database: 'core_db',
      migrations: { '1700000000001_users.sql': migration('CREATE TABLE users (id bigint);', 'DROP TABLE users;') },
    },
    shop: {
      database: 'shop_db',
      dependsOn: ['core'],
      migrations: {
        '1700000000001_items.sql': `-- requires: core_db@1700000000001_users\n${migration('CREATE TABLE items (id int);')}`,
        '1700000000002_index.sql': migration('CREATE INDEX ON items (id);'),
        '1700000000003_wrong.sql': migration('CREATE TABEL wrong ();'),
      },
    },
  });
});
afterAll(() => workspace[Symbol.asyncDispose]());

test('the migrations and settings of this repository are sound', async () => {
  const { code, stdout, stderr } = await runAtriz(['validate', '--json'], { cwd: REPOSITORY });
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const { databases } = JSON.parse(stdout) as { databases: { name: string; findings: unknown[] }[] };
  expect(databases.map(({ name }) => name)).toEqual(['atriz_shared', 'atriz_db', 'mextrack_db', 'pshop_db']);
  expect(databases.flatMap(({ findings }) => findings)).toEqual([]);
});

test('each database says what was checked and what was found, and something found makes the exit code 3', async () => {
  await expect(workspace.atriz(['validate'])).resolves.toEqual({
    code: 3,
    stderr: '',
    stdout: `DATABASE  FILES  LINTED  REQUIRES  SETTINGS  FOUND
core_db   1      1       0         embedded  nothing
shop_db   3      2       1         embedded  2 errors, 1 warning
shop_db: MIGRATION_INVALID packages/shop/migrations/1700000000003_wrong.sql:2:8: syntax error at or near "TABEL" (syntax)
     2 | CREATE TABEL wrong ();
       |        ^
hint correct the statement
shop_db: LINT_REFUSED (warning) packages/shop/migrations/1700000000001_items.sql:3:24: Using 32-bit integer fields can result in hitting the max \`int\` limit. (prefer-bigint-over-int)
     3 | CREATE TABLE items (id int);
       |                        ^
hint Use 64-bit integer values instead to prevent hitting this limit.
shop_db: LINT_REFUSED packages/shop/migrations/1700000000002_index.sql:2:1: During normal index creation, table updates are blocked, but reads are still allowed. (require-concurrent-index-creation)
     2 | CREATE INDEX ON items (id);
       | ^
hint Use \`concurrently\` to avoid blocking writes.
`,
  });
});

test('with --json there is one document; inside a package it is about that one', async () => {
  const { code, stdout } = await workspace.atriz(['validate', '--json'], { in: 'core' });
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toEqual({
    databases: [
      { name: 'core_db', owner: '@fixture/core', files: 1, linted: 1, requires: 0, provider: 'embedded', findings: [] },
    ],
    problems: [],
  });
  const shop = await workspace.atriz(['validate', '--json'], { in: 'shop' });
  expect(JSON.parse(shop.stdout)).toMatchObject({
    databases: [
      {
        findings: [
          {
            level: 'error',
            code: 'MIGRATION_INVALID',
            rule: 'syntax',
            file: 'packages/shop/migrations/1700000000003_wrong.sql',
            line: 2,
            column: 8,
            message: 'syntax error at or near "TABEL"',
            hint: 'correct the statement',
          },
          { level: 'warning', code: 'LINT_REFUSED', rule: 'prefer-bigint-over-int' },
          { level: 'error', code: 'LINT_REFUSED', rule: 'require-concurrent-index-creation', line: 2, column: 1 },
        ],
      },
    ],
  });
});

test('settings that do not resolve are found too', async () => {
  const { code, stdout } = await workspace.atriz(['validate'], { in: 'core', env: { NODE_ENV: 'production' } });
  expect(code).toBe(3);
  expect(stdout).toContain('core_db   1      1       0         -         1 error\ncore_db: CONNECTION_NOT_CONFIGURED ');
  const pool = await workspace.atriz(['validate'], { in: 'core', env: { DB_POOL_MAX: 'many' } });
  expect(pool).toMatchObject({ code: 3, stderr: expect.stringContaining('SETTING_INVALID DB_POOL_MAX') as string });
});
