import { execFile } from 'node:child_process';
import { statfsSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { HAS_DEBIAN_SERVER, startDebianServer } from '../../test/debian-server.ts';
import { openTestFamily } from '../../test/family.ts';
import { makeSet, TEST_RUN } from '../../test/set.ts';
import { restoreSet } from './restore.ts';

const run = promisify(execFile);
/** A file system of its own can be mounted by root only. */
const CAN_MOUNT = process.getuid?.() === 0 && process.platform === 'linux';
const LEFT_BYTES = 16_000_000;

test.skipIf(!HAS_DEBIAN_SERVER || !CAN_MOUNT)(
  'when the server’s disk fills up in a restore it says so, drops what it made, and what was there is as it was',
  async () => {
    await using disk = await smallDisk('160m');
    await using server = await startDebianServer({ dataParent: disk.directory });
    await using family = await openTestFamily({ server: server.parameters, people: 10 });
    const { people } = family.names;
    await family.query(
      people,
      `CREATE TABLE large AS SELECT n, repeat(md5(n::text), 30) AS text FROM generate_series(1, 25000) AS n`,
    );
    const reader = await makeSet(family);
    await family.query('postgres', 'CHECKPOINT'); // new files have holes until then, and what fills them is not yet there
    const ballast = join(disk.directory, 'ballast');
    const context = {
      onProgress: (message: string): void => {
        if (message.startsWith('restoring the rows')) fill(disk.directory, ballast);
      },
    };
    const attempt = restoreSet(family.workspace, reader, {
      databases: [people],
      inPlace: true,
      runId: TEST_RUN,
      context,
    });
    await expect(attempt).rejects.toMatchObject({ code: 'DISK_FULL' });
    const names = await family.query('postgres', `SELECT datname FROM pg_database WHERE datname ~ 'restore|before'`);
    expect(names).toEqual([]);
    expect(await family.query(people, 'SELECT count(*)::int AS count FROM large')).toEqual([{ count: 25_000 }]);
    await rm(ballast);
    await restoreSet(family.workspace, reader, {
      databases: [people],
      inPlace: true,
      dropOld: true,
      runId: TEST_RUN,
      context: {},
    });
  },
);

/** At once, before the first row goes in. */
function fill(directory: string, ballast: string): void {
  const { bavail, bsize } = statfsSync(directory);
  writeFileSync(ballast, Buffer.alloc(Math.max(0, bavail * bsize - LEFT_BYTES)));
}

async function smallDisk(size: string): Promise<AsyncDisposable & { readonly directory: string }> {
  const directory = await mkdtemp(join(tmpdir(), 'atriz-small-disk-'));
  await run('mount', ['-t', 'tmpfs', '-o', `size=${size},mode=755`, 'tmpfs', directory]);
  return {
    directory,
    async [Symbol.asyncDispose]() {
      await run('umount', ['--lazy', directory]);
      await rm(directory, { recursive: true, force: true });
    },
  };
}
