import { execFile } from 'node:child_process';
import { chmod, cp, readdir, readFile, rm } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { REPOSITORY } from './harness/command.ts';
import { openTestServer } from './harness/server.ts';
import { createWorkspace, makeRoot } from './harness/workspace.ts';

const LEFT_OUT = /(?:^|\/)(?:node_modules|\.git|\.env|\.atriz|\.turbo|coverage)$/;
/** Nothing waits longer than it takes: whoever asks npx holds its lock against everybody else. */
const STEP_TIMEOUT_MS = 100_000;
const OWN_TIMEOUT_MS = 240_000;

/** All files below a directory with their texts, but for what nobody keeps. */
async function readTree(root: string): Promise<Record<string, string>> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  const paths = entries.filter((each) => each.isFile()).map((each) => join(each.parentPath, each.name));
  const kept = paths.filter((path) => !path.includes('/node_modules/'));
  return Object.fromEntries(await Promise.all(kept.map(async (path) => [path, await readFile(path, 'utf8')] as const)));
}

test(
  'a new application passes the checks of the repository and its own tests',
  { timeout: OWN_TIMEOUT_MS },
  async () => {
    const server = await openTestServer();
    const root = await makeRoot();
    const bin = join(root, 'node_modules/.bin');
    const env = {
      ...server.variables,
      PATH: [bin, dirname(process.execPath), process.env['PATH']].join(delimiter),
      CI: 'true',
    };
    const run = async (program: string, ...args: string[]): Promise<string> => {
      const { stdout } = await promisify(execFile)(program, args, { cwd: root, env, timeout: STEP_TIMEOUT_MS });
      return stdout;
    };
    try {
      await cp(REPOSITORY, root, { recursive: true, filter: (source) => !LEFT_OUT.test(source) });
      await run('npx', '--yes', 'pnpm@12', 'install', '--frozen-lockfile', '--prefer-offline');

      // a name that other lines than the usual ones would be broken for, and the database of nobody else's
      const name = 'front-desk-of-the-house-with-a-name-that-is-longer-than-most';
      const said = await run('atriz', 'new', name);
      expect(said).toContain(`making apps/${name}: @atriz/${name}, with the database ${name.replaceAll('-', '_')}_db`);
      expect(said).toContain('changed package.json, env.example, pnpm-lock.yaml');
      await run('oxfmt', '--check');
      await run('oxlint', '--deny-warnings');
      await run('tsc', '--noEmit');
      await run('knip', '--workspace', `apps/${name}`);
      await run('npx', '--yes', 'pnpm@12', 'install', '--frozen-lockfile', '--offline');
      await run('atriz', 'generate', '--check');

      const own = ['--database', `@atriz/${name}`];
      expect(JSON.parse(await run('atriz', 'generate', '--json', ...own))).toMatchObject({
        databases: [{ owner: `@atriz/${name}`, written: false, tables: 1 }],
      });
      expect(JSON.parse(await run('atriz', 'setup', '--json', ...own))).toMatchObject({
        databases: [{ created: true, applied: [expect.stringMatching(/_create_notes$/)], seeded: ['001_notes'] }],
      });
      expect(await run('vitest', 'run', `apps/${name}`)).toMatch(/4 passed/);
    } finally {
      await server.drop(['front_desk_of_the_house_with_a_name_that_is_longer_than_most_db']);
      await rm(root, { recursive: true, force: true });
    }
  },
);

test('in a workspace without the shared database it leaves out what would need one', async () => {
  const server = await openTestServer();
  await using workspace = await createWorkspace({}, server);
  await workspace.write('pnpm-workspace.yaml', 'packages:\n  - packages/*\n  - apps/*\n');
  const name = `lonely${process.pid}`;
  try {
    const made = await workspace.atriz(['new', name, '--no-install', '--json']);
    expect(JSON.parse(made.stdout)).toMatchObject({
      package: name,
      database: `${name}_db`,
      edited: ['package.json'],
      next: [
        'pnpm install',
        'pnpm db:setup',
        `pnpm vitest run apps/${name}`,
        `pnpm --filter ${name} migrate:create NAME`,
      ],
    });
    const texts = Object.values(await readTree(join(workspace.root, 'apps')));
    expect(texts).toHaveLength(9);
    expect(texts.filter((text) => /atriz_shared|@atriz\/core/.test(text))).toEqual([]);

    await expect(workspace.atriz(['generate', '--json'])).resolves.toMatchObject({
      code: 0,
      stdout: expect.stringContaining('"written": false'),
    });
    await expect(workspace.atriz(['setup'])).resolves.toMatchObject({ code: 0 });
    const rows = await server.query(`${name}_db`, 'SELECT count(*)::int AS notes FROM notes');
    expect(rows).toEqual([{ notes: 3 }]);
  } finally {
    await server.drop([`${name}_db`]);
  }
});

test('nothing half-made stays when a step fails', async () => {
  await using workspace = await createWorkspace({ trees: {} });
  await workspace.write('pnpm-lock.yaml', 'lockfileVersion: 9\n');
  await workspace.write('env.example', 'PGHOST=localhost\n');
  await workspace.write('bin/pnpm', '#!/bin/sh\necho broken > pnpm-lock.yaml\necho "no space left" >&2\nexit 1\n');
  await chmod(join(workspace.root, 'bin/pnpm'), 0o755);
  const before = await readTree(workspace.root);

  const PATH = [join(workspace.root, 'bin'), process.env['PATH']].join(delimiter);
  await expect(workspace.atriz(['new', 'reports'], { env: { PATH } })).resolves.toMatchObject({
    code: 1,
    stderr: expect.stringContaining('INSTALL_FAILED pnpm install failed, and nothing was kept: no space left\n'),
  });
  await expect(readTree(workspace.root)).resolves.toEqual(before);

  await expect(workspace.atriz(['new', 'reports', '--no-install'])).resolves.toMatchObject({
    code: 1,
    stderr: expect.stringContaining('DEFINITION_INVALID pnpm-workspace.yaml does not take apps/reports for a package'),
  });
  await expect(readTree(workspace.root)).resolves.toEqual(before);
});

test('a name that is taken is refused before anything is made', async () => {
  await using workspace = await createWorkspace({ trees: {} });
  await workspace.write('apps/reports/keep.txt', 'mine');
  const before = await readTree(workspace.root);

  await expect(workspace.atriz(['new', 'reports'])).resolves.toEqual({
    code: 2,
    stdout: '',
    stderr: 'ARGUMENT_INVALID "reports" is taken: apps/reports exists\nhint choose another name\n',
  });
  await expect(readTree(workspace.root)).resolves.toEqual(before);
});
