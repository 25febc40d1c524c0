import { execFileSync } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { inChunks, paths } from '../../test/store-contract.ts';
import { createFolderStore } from './folder.ts';

const MIB = 1024 * 1024;

/** A disk of 4 MiB. Only root may mount one. */
async function mountSmallDisk(): Promise<AsyncDisposable & { readonly directory: string }> {
  const directory = await mkdtemp(join(tmpdir(), 'atriz-small-disk-'));
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', directory]);
  return {
    directory,
    async [Symbol.asyncDispose]() {
      execFileSync('umount', [directory]);
      await rm(directory, { recursive: true });
    },
  };
}

function mayMount(): boolean {
  if (process.getuid?.() !== 0) return false;
  try {
    execFileSync('unshare', ['--mount', 'mount', '-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', tmpdir()], {
      stdio: 'ignore',
    });
    return true;
  } catch {
    return false; // root of a container without the right
  }
}

test.skipIf(!mayMount())(
  'a disk that fills up is DISK_FULL, the partial is removed, and what was there is whole',
  async () => {
    await using disk = await mountSmallDisk();
    const { directory } = disk;
    const store = createFolderStore({ kind: 'folder', directory });
    await store.write('good/file', inChunks(Buffer.alloc(MIB, 1), 65_536));
    for (let run = 1; run <= 5; run += 1) {
      await expect(store.write('bad/file', inChunks(Buffer.alloc(8 * MIB, 2), 65_536))).rejects.toMatchObject({
        code: 'DISK_FULL',
        message: `no space is left to write ${directory}/bad/file`,
      });
    }
    expect(await readdir(join(directory, '.partial'))).toEqual([]);
    expect(await paths(store, '')).toEqual(['good/file']);
    expect((await buffer(await store.read('good/file'))).equals(Buffer.alloc(MIB, 1))).toBe(true);
    await store.write('good/second', inChunks(Buffer.alloc(2 * MIB, 3), 65_536));
    console.info('folder on a disk of 4 MiB: 5 of 5 writes of 8 MiB refused with DISK_FULL, 0 bytes of them left');
  },
);
