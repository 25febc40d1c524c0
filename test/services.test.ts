import { once } from 'node:events';
import { cp, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type { Definition } from '@atriz/database';
import { createTestDatabase, type TestDatabase } from '@atriz/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import website from '../apps/atriz/database.config.ts';
import mextrack from '../apps/mextrack/database.config.ts';
import pshop from '../apps/pshop/database.config.ts';
import core from '../packages/core/database.config.ts';
import { REPOSITORY, startProgram } from './harness/command.ts';

const APPS = { atriz: website, mextrack, pshop };
const LEFT_OUT = new Set(['node_modules', '.env']);

let root: string;
let variables: Record<string, string>;
const opened = new AsyncDisposableStack();

/** A workspace with the three applications, each with databases of this test's own and a port of its own. */
beforeAll(async () => {
  root = await realpath(await mkdtemp(join(tmpdir(), 'atriz-services-')));
  opened.defer(() => rm(root, { recursive: true }));
  await writeFile(join(root, 'package.json'), JSON.stringify({ name: 'atriz', private: true, type: 'module' }));
  await writeFile(join(root, 'pnpm-workspace.yaml'), 'packages:\n  - apps/*\n');
  const databaseOf = async (definition: Definition, path: string): Promise<TestDatabase> =>
    opened.use(await createTestDatabase(definition, { directory: join(REPOSITORY, path) }));
  const shared = await databaseOf(core, 'packages/core');
  variables = { SHARED_DATABASE_URL: shared.appConnectionString };
  for (const [name, definition] of Object.entries(APPS)) {
    const [source, directory] = [join(REPOSITORY, 'apps', name), join(root, 'apps', name)];
    const { appConnectionString } = await databaseOf(definition, `apps/${name}`);
    await cp(source, directory, { recursive: true, filter: (path) => !LEFT_OUT.has(basename(path)) });
    await symlink(join(source, 'node_modules'), join(directory, 'node_modules'));
    await writeFile(join(directory, '.env'), `DATABASE_URL=${appConnectionString}\nPORT=${await freePort()}\n`);
  }
});
afterAll(() => opened.disposeAsync());

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

test.each(['dev', 'start'])('pnpm %s serves all three, and leaves no process when it is stopped', async (script) => {
  const runner = startProgram(process.execPath, [join(REPOSITORY, 'services.ts'), script], {
    cwd: root,
    env: variables,
  });
  await Promise.all(Object.keys(APPS).map((name) => runner.said(`| ${name} serves http`)));
  const urls = [...runner.output().matchAll(/ serves (http:\S+)/g)].map(([, url]) => url!);
  const answers = await Promise.all(urls.map((url) => fetch(`${url}/health/database`)));
  expect(await Promise.all(answers.map((answer) => answer.json()))).toMatchObject([
    { status: 'ready' },
    { status: 'ready' },
    { status: 'ready' },
  ]);
  const pids = [...runner.output().matchAll(/"pid":(\d+)/g)].map(([, pid]) => Number(pid));
  expect(new Set(pids).size).toBe(3);

  runner.child.kill('SIGINT');
  expect(await runner.result).toMatchObject({ code: 0, stderr: '' });
  expect(pids.filter(isRunning)).toStrictEqual([]);
});
