import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { query } from '../fixtures/workspace.ts';
import { startEphemeralServer } from '../index.ts';
import { servesDirectory } from '../postmaster-process.ts';

test('two at once are two servers, empty, without durability, and gone when their scopes end', async () => {
  const directories: string[] = [];
  {
    await using one = await startEphemeralServer();
    await using two = await startEphemeralServer();
    directories.push(one.dataDirectory, two.dataDirectory);
    expect(one.port).not.toBe(two.port);
    const settings = await query(
      one,
      `SELECT string_agg(name || '=' || setting, ' ' ORDER BY name) AS off FROM pg_settings
       WHERE name IN ('fsync', 'full_page_writes', 'synchronous_commit')`,
    );
    expect(settings).toEqual([{ off: 'fsync=off full_page_writes=off synchronous_commit=off' }]);
    const databases = await query(two, 'SELECT datname FROM pg_database ORDER BY datname');
    expect(databases.map(({ datname }) => datname)).toEqual(['postgres', 'template0', 'template1']);
    await two.stop();
    await two.stop();
    await expect(query(two, 'SELECT 1')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  }
  for (const directory of directories) await expectGone(dirname(directory));
});

test('kill -9 of the process that started it leaves neither the server nor its directory', async () => {
  const parent = startParent();
  const lines = createInterface({ input: parent.stdout });
  for await (const line of lines) {
    const { pid, dataDirectory } = JSON.parse(line) as { pid?: number; dataDirectory?: string };
    if (pid === undefined || dataDirectory === undefined) continue;
    await expect(servesDirectory(pid, dataDirectory)).resolves.toBe(true);
    parent.kill('SIGKILL');
    await expectGone(dirname(dataDirectory));
    await expect(servesDirectory(pid, dataDirectory)).resolves.toBe(false);
    break;
  }
});

test('kill -9 while the data is being made leaves nothing either', async () => {
  const parent = startParent();
  const [line] = (await once(createInterface({ input: parent.stdout }), 'line')) as [string];
  const directory = (JSON.parse(line) as { message: string }).message.split(' in ')[1]!;
  while (!(await exists(`${directory}/data/postgresql.conf`))) await delay(5);
  parent.kill('SIGKILL');
  await expectGone(directory);
  await expect(exists(directory)).resolves.toBe(false);
});

function startParent(): ChildProcessByStdio<null, Readable, null> {
  const script = fileURLToPath(new URL('../fixtures/ephemeral-parent.ts', import.meta.url));
  return spawn(process.execPath, ['--conditions=source', script], { stdio: ['ignore', 'pipe', 'inherit'] });
}

async function expectGone(directory: string): Promise<void> {
  for (const deadline = performance.now() + 10_000; performance.now() < deadline; await delay(20)) {
    if (!(await exists(directory))) return;
  }
  expect.fail(`${directory} is still there`);
}

async function exists(path: string): Promise<boolean> {
  return (await stat(path, { throwIfNoEntry: false })) !== undefined;
}
