import { execFile } from 'node:child_process';
import { appendFile, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { AtrizError } from '@atriz/database';
import { describe, expect, test } from 'vitest';
import { programFailure, withDiskErrors } from './failure.ts';
import { temporaryWorkspace } from './fixtures/workspace.ts';
import { findServer, startServer, stopServer } from './index.ts';

const run = promisify(execFile);

describe.runIf(await canMount())('on a file system of a few megabytes', () => {
  test('a first start says that the disk is full, and takes the half-made data away', async () => {
    await using workspace = await temporaryWorkspace();
    await using disk = await smallDisk(join(workspace.root, 'checkout'), { size: '8m' });
    await expect(startServer({ root: disk.root })).rejects.toMatchObject({
      code: 'DISK_FULL',
      message: expect.stringContaining(disk.root),
      hint: expect.stringContaining('50 MB'),
    });
    expect((await readdir(join(disk.root, '.atriz'))).filter((name) => name.startsWith('postgresql-'))).toEqual([]);
    await expect(findServer({ root: disk.root })).resolves.toBeUndefined();
  });

  test('data on a disk that has filled up since is kept: the server can be stopped, and the next start says so', async () => {
    await using workspace = await temporaryWorkspace();
    await using disk = await smallDisk(join(workspace.root, 'checkout'), { size: '72m' });
    const filler = join(disk.root, 'filler');
    const fill = () => appendFile(filler, Buffer.alloc(72 << 20));
    await startServer(disk);
    await expect(fill()).rejects.toMatchObject({ code: 'ENOSPC' });
    await expect(stopServer(disk)).resolves.toBe(true);
    await expect(fill()).rejects.toMatchObject({ code: 'ENOSPC' });
    await expect(startServer(disk)).rejects.toMatchObject({ code: 'DISK_FULL' });
    await rm(filler);
    await expect(startServer(disk)).resolves.toMatchObject({ started: true });
  });

  test('a checkout with no room for a single file says so', async () => {
    await using workspace = await temporaryWorkspace();
    await using disk = await smallDisk(join(workspace.root, 'checkout'), { size: '16k' });
    const fill = writeFile(join(disk.root, 'filler'), Buffer.alloc(64 << 10));
    await expect(fill).rejects.toMatchObject({ code: 'ENOSPC' });
    await expect(startServer({ root: disk.root })).rejects.toMatchObject({ code: 'DISK_FULL' });
  });
});

test('a write that the system refuses for lack of space is DISK_FULL, with its place and cause', async () => {
  await expect(withDiskErrors('/data', () => writeFile('/dev/full', 'x'))).rejects.toMatchObject({
    code: 'DISK_FULL',
    message: 'no space left on the disk for /data',
    cause: { code: 'ENOSPC' },
  });
});

test('the end of a program is told apart by SQLSTATE, and otherwise shown', async () => {
  await expect(
    failure('2026-01-01 00:00:00.000 UTC [17] 53100 PANIC:  could not write to file "pg_wal/xlogtemp.17"'),
  ).resolves.toMatchObject({ code: 'DISK_FULL' });
  await expect(failure('initdb: error: could not write file: No space left on device')).resolves.toMatchObject({
    code: 'DISK_FULL',
  });
  await expect(failure('one\ntwo\n')).resolves.toMatchObject({
    code: 'EMBEDDED_FAILED',
    message: 'postgres failed for /; its last words:\none\ntwo',
    hint: 'read the rest in /log',
  });
});

function failure(output: string): Promise<AtrizError> {
  return programFailure({ program: 'postgres', directory: '/', log: '/log', output });
}

/** Mounting takes root and a system that lets it; where it does not, the tests without a mount stand for these. */
async function canMount(): Promise<boolean> {
  await using workspace = await temporaryWorkspace();
  try {
    await using _disk = await smallDisk(join(workspace.root, 'try'), { size: '16k' });
    return true;
  } catch {
    return false;
  }
}

async function smallDisk(root: string, { size }: { size: string }): Promise<AsyncDisposable & { root: string }> {
  await mkdir(root);
  await run('mount', ['-t', 'tmpfs', '-o', `size=${size},mode=755`, 'tmpfs', root]);
  return {
    root,
    async [Symbol.asyncDispose]() {
      await stopServer({ root });
      await run('umount', [root]);
      await rm(root, { recursive: true });
    },
  };
}
