import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { runScript, temporaryWorkspace } from './fixtures/workspace.ts';

interface Answer {
  readonly port: number;
  readonly pid: number;
  readonly started: boolean;
  readonly one: number;
}

test('eight processes that ask at once for the first time get one server', async () => {
  await using workspace = await temporaryWorkspace();
  const answers = await Promise.all(
    Array.from({ length: 8 }, () => runScript<Answer>('start-and-select.ts', workspace.root)),
  );
  expect(answers.map(({ one }) => one)).toEqual([1, 1, 1, 1, 1, 1, 1, 1]);
  expect(new Set(answers.map(({ pid, port }) => `${pid} ${port}`)).size).toBe(1);
  expect(answers.filter(({ started }) => started)).toHaveLength(1);
});

test('a first start that is killed in the middle of initdb leaves nothing that counts', async () => {
  await using workspace = await temporaryWorkspace();
  const state = join(workspace.root, '.atriz');
  const script = fileURLToPath(new URL('fixtures/start-and-select.ts', import.meta.url));
  const child = spawn(process.execPath, ['--conditions=source', script, workspace.root], { stdio: 'ignore' });
  while (!(await stagedFiles(state)).includes('postgresql.conf')) await delay(5);
  child.kill('SIGKILL');
  await once(child, 'exit');
  const answer = await runScript<Answer>('start-and-select.ts', workspace.root);
  expect(answer).toMatchObject({ started: true, one: 1 });
  expect((await readdir(state)).toSorted()).toEqual(['postgresql', 'postgresql.log', 'server.json', 'server.lock']);
});

test('files in the place of the data that are no database cluster are refused and left alone', async () => {
  await using workspace = await temporaryWorkspace();
  const place = join(workspace.root, '.atriz/postgresql/data');
  await mkdir(place, { recursive: true });
  await writeFile(join(place, 'letter.txt'), 'dear');
  await expect(runScript('start-and-select.ts', workspace.root)).rejects.toThrow('holds 1 files but no PG_VERSION');
  await expect(readdir(place)).resolves.toEqual(['letter.txt']);
});

/** The files of a data directory that is being made, if there is one. */
async function stagedFiles(state: string): Promise<readonly string[]> {
  try {
    const staging = (await readdir(state)).find((name) => name.endsWith('.new'));
    return staging === undefined ? [] : await readdir(join(state, staging, 'data'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
