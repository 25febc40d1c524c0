import { mkdir, mkdtemp, readdir, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { describeStore, inChunks, paths } from '../../test/store-contract.ts';
import { createFolderStore } from './folder.ts';

interface Opened extends AsyncDisposable {
  readonly directory: string;
}

async function openDirectory(): Promise<Opened> {
  const parent = await mkdtemp(join(tmpdir(), 'atriz-store-'));
  return {
    directory: join(parent, 'deep', 'backups'),
    [Symbol.asyncDispose]: () => rm(parent, { recursive: true, force: true }),
  };
}

describeStore('folder', async () => {
  const opened = await openDirectory();
  const { directory } = opened;
  return {
    store: createFolderStore({ kind: 'folder', directory }),
    leftovers: () => readdir(join(directory, '.partial')),
    [Symbol.asyncDispose]: () => opened[Symbol.asyncDispose](),
  };
});

test('files are for their owner alone, and so are the directories that it makes', async () => {
  await using opened = await openDirectory();
  const store = createFolderStore({ kind: 'folder', directory: opened.directory });
  await store.write('set/file', inChunks(Buffer.from('x'), 1));
  const modes = await Promise.all(
    ['set/file', 'set', '.', '..'].map(async (path) => (await stat(join(opened.directory, path))).mode & 0o777),
  );
  expect(modes).toEqual([0o600, 0o700, 0o700, 0o700]);
});

test('what a killed writer left is never listed, and a writer removes it a day on', async () => {
  await using opened = await openDirectory();
  const { directory } = opened;
  await mkdir(join(directory, '.partial'), { recursive: true });
  const [old, fresh] = [join(directory, '.partial', 'old'), join(directory, '.partial', 'fresh')];
  for (const file of [old, fresh]) await writeFile(file, 'half a dump');
  const yesterday = new Date(Date.now() - 25 * 3_600_000);
  await utimes(old, yesterday, yesterday);
  const store = createFolderStore({ kind: 'folder', directory });
  expect(await paths(store, '')).toEqual([]);
  await store.write('set/file', inChunks(Buffer.from('x'), 1));
  expect(await paths(store, '')).toEqual(['set/file']);
  expect(await readdir(join(directory, '.partial'))).toEqual(['fresh']);
});

test('a directory that cannot be written says so with its path, and what to do', async () => {
  await using opened = await openDirectory();
  await mkdir(join(opened.directory, '..'), { recursive: true });
  await writeFile(opened.directory, 'a file, where the directory is to be');
  const store = createFolderStore({ kind: 'folder', directory: opened.directory });
  await expect(store.write('set/file', inChunks(Buffer.from('x'), 1))).rejects.toMatchObject({
    code: 'BACKUP_STORE_FAILED',
    message: expect.stringContaining(`could not write ${opened.directory}/set/file`),
    hint: expect.any(String),
  });
});
