import { chmod, cp, glob, readdir, readFile, rm, symlink } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { expect, test } from 'vitest';
import { REPOSITORY, runProgram } from './harness/command.ts';
import { openTestServer } from './harness/server.ts';
import { createWorkspace, makeRoot } from './harness/workspace.ts';

const LEFT_OUT = /(?:^|\/)(?:node_modules|\.git|\.env|\.atriz|\.turbo|coverage)$/;

/** All files below a directory with their texts, but for what nobody keeps. */
async function readTree(root: string): Promise<Record<string, string>> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  const paths = entries.filter((each) => each.isFile()).map((each) => join(each.parentPath, each.name));
  const kept = paths.filter((path) => !path.includes('/node_modules/'));
  return Object.fromEntries(await Promise.all(kept.map(async (path) => [path, await readFile(path, 'utf8')] as const)));
}

/** Puts what pnpm would install into a copy of the repository: links to what it did install here. */
async function linkInstalled(root: string): Promise<void> {
  for await (const path of glob(['node_modules', '{apps,packages}/*/node_modules', 'bench/node_modules'], {
    cwd: REPOSITORY,
  })) {
    await symlink(join(REPOSITORY, path), join(root, path), 'dir');
  }
}

/** The type checker and a test runner of its own take their time on a busy machine. */
const OWN_TIMEOUT_MS = 300_000;

test(
  'a new application passes the checks of the repository and its own tests',
  { timeout: OWN_TIMEOUT_MS },
  async () => {
    const server = await openTestServer();
    const root = await makeRoot();
    const env = { ...server.variables, PATH: [join(root, 'node_modules/.bin'), process.env['PATH']].join(delimiter) };
    const run = async (program: string, ...args: string[]): Promise<string> => {
      const { code, stdout, stderr } = await runProgram(program, args, { cwd: root, env });
      if (code !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${code}:\n${stdout}${stderr}`);
      return stdout;
    };
    // as long as PostgreSQL lets it be: no line of any file may need another break for it
    const name = 'front-desk-of-the-house-with-a-name-that-is-longer-than-most';
    const database = `${name.replaceAll('-', '_')}_db`;
    try {
      await cp(REPOSITORY, root, { recursive: true, filter: (source) => !LEFT_OUT.test(source) });
      await linkInstalled(root);

      const said = await run('atriz', 'new', name, '--no-install');
      expect(said).toContain(`making apps/${name}: @atriz/${name}, with the database ${database}`);
      expect(said).toContain('changed package.json, env.example\n');
      await symlink(join(REPOSITORY, 'apps/pshop/node_modules'), join(root, 'apps', name, 'node_modules'), 'dir');
      await run('oxfmt', '--check', `apps/${name}`, 'package.json');
      await run('oxlint', '--deny-warnings', `apps/${name}`);
      await run('tsc', '--noEmit');
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
      await server.drop([database]);
      await rm(root, { recursive: true, force: true });
    }
  },
);

test('the package is installed last, so that the lockfile knows it', async () => {
  await using workspace = await createWorkspace({ trees: {} });
  await workspace.write('pnpm-workspace.yaml', 'packages:\n  - packages/*\n  - apps/*\n');
  await workspace.write('pnpm-lock.yaml', 'lockfileVersion: 9\n');
  await workspace.write('bin/pnpm', '#!/bin/sh\nls apps/reports/package.json && echo "$@" >> pnpm-lock.yaml\n');
  await chmod(join(workspace.root, 'bin/pnpm'), 0o755);

  const PATH = [join(workspace.root, 'bin'), process.env['PATH']].join(delimiter);
  const { code, stdout } = await workspace.atriz(['new', 'reports', '--json'], { env: { PATH } });
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ edited: ['package.json', 'pnpm-lock.yaml'] });
  await expect(readFile(join(workspace.root, 'pnpm-lock.yaml'), 'utf8')).resolves.toBe(
    'lockfileVersion: 9\ninstall --no-frozen-lockfile --prefer-offline\n',
  );
});

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
