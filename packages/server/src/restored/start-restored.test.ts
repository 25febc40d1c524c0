import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, readdir, readFile, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { query, temporaryWorkspace } from '../fixtures/workspace.ts';
import { startRestored, startServer, stopServer, type EmbeddedServer, type Fill } from '../index.ts';

let source: Awaited<ReturnType<typeof temporaryWorkspace>>;
let server: EmbeddedServer;
let fill: Fill;
beforeAll(async () => {
  source = await temporaryWorkspace();
  server = await startServer({ root: source.root });
  await query(server, `CREATE ROLE boss SUPERUSER LOGIN PASSWORD 'of the backup' CONNECTION LIMIT 0`);
  await query(server, `ALTER SYSTEM SET shared_preload_libraries = 'no_such_library'`);
  await query(server, `ALTER SYSTEM SET archive_mode = 'on'`);
  await stopServer({ root: source.root });
  fill = async ({ dataDirectory, owner }) => {
    await cp(server.dataDirectory, dataDirectory, { recursive: true });
    if (owner) await once(spawn('chown', ['-R', `${owner.uid}:${owner.gid}`, dataDirectory]), 'exit');
    return {};
  };
});
afterAll(() => source[Symbol.asyncDispose]());

test('restored data runs with a password of its own, none of its old settings, and no way in without it', async () => {
  let directory;
  {
    await using restored = await startRestored({ major: '18', superuser: 'boss', fill });
    directory = dirname(restored.dataDirectory);
    expect(restored).toMatchObject({ host: '127.0.0.1', user: 'boss' });
    expect(restored.password).not.toBe('of the backup');
    const [settings] = await query(
      restored,
      `SELECT current_setting('archive_mode') AS archive, current_setting('shared_preload_libraries') AS libraries`,
    );
    expect(settings).toEqual({ archive: 'off', libraries: '' });
    await expect(query({ ...restored, password: 'of the backup' }, 'SELECT 1')).rejects.toMatchObject({
      code: '28P01',
    });
    expect((await stat(join(directory, 's'))).mode & 0o077).toBe(0);
    // The socket's directory is the server's account's alone; the data keeps the settings that it came with.
    await expect(readFile(join(restored.dataDirectory, 'postgresql.auto.conf'), 'utf8')).resolves.toContain(
      'no_such_library',
    );
  }
  await expect(stat(directory)).rejects.toThrow('ENOENT');
});

test('a version that is nowhere installed is refused before anything is filled, with what to install', async () => {
  await expect(startRestored({ major: '9', superuser: 'postgres', fill: neverFill })).rejects.toMatchObject({
    code: 'BACKUP_VERSION',
    message: 'the data is of PostgreSQL 9, and no PostgreSQL 9 is installed here',
    hint: 'install it (Debian: apt-get install postgresql-9), or name the directory of its programs in PG_BIN_DIR',
  });
});

test('what cannot be filled leaves nothing', async () => {
  const before = await leftovers();
  await expect(startRestored({ major: '18', superuser: 'boss', fill: failToFill })).rejects.toThrow('cannot be read');
  await expect(leftovers()).resolves.toEqual(before);
});

test('kill -9 of the process leaves nothing, whether it was filling the directory or using the server', async () => {
  for (const moment of ['filling', 'serving']) {
    const script = fileURLToPath(new URL('../fixtures/restored-parent.ts', import.meta.url));
    const parent = spawn(process.execPath, ['--conditions=source', script, server.dataDirectory], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    for await (const line of createInterface({ input: parent.stdout })) {
      const said = JSON.parse(line) as { moment: string; dataDirectory: string };
      if (said.moment !== moment) continue;
      parent.kill('SIGKILL');
      await expect(isGone(dirname(said.dataDirectory))).resolves.toBe(true);
      break;
    }
  }
});

async function leftovers(): Promise<string[]> {
  return (await readdir(tmpdir())).filter((name) => name.startsWith('atriz-restored-'));
}

async function isGone(directory: string): Promise<boolean> {
  for (const deadline = performance.now() + 10_000; performance.now() < deadline; await delay(20)) {
    if ((await stat(directory, { throwIfNoEntry: false })) === undefined) return true;
  }
  return false;
}

function neverFill(): ReturnType<Fill> {
  return expect.fail('it was filled');
}

async function failToFill(): ReturnType<Fill> {
  throw new Error('the set cannot be read');
}
