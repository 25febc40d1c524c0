import { createHash, randomBytes } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { describe, expect, test } from 'vitest';
import type { Store } from '../src/stores/store.ts';

export interface ContractStore extends AsyncDisposable {
  readonly store: Store;
  /** What is in the place of the store beside its objects, such as unfinished ones. */
  leftovers(): Promise<readonly string[]>;
}

const MIB = 1024 * 1024;

/** What each kind of store promises. `open` gives one with nothing in it. */
export function describeStore(kind: string, open: () => Promise<ContractStore>): void {
  describe(`the store ${kind}`, () => {
    test('gives back what it was given: 0 bytes, 1, 300,000, exactly 16 MiB, and 20 MiB + 7', async () => {
      await using opened = await open();
      const { store } = opened;
      for (const size of [0, 1, 300_000, 16 * MIB, 20 * MIB + 7]) {
        const bytes = randomBytes(size);
        await store.write(`set/${size}`, inChunks(bytes, 70_000));
        const read = await buffer(await store.read(`set/${size}`));
        expect({ size: read.byteLength, sha256: sha256(read) }).toEqual({ size, sha256: sha256(bytes) });
      }
      expect(await opened.leftovers()).toEqual([]);
    });

    test('an object that is not there is BACKUP_FILE_MISSING; to remove it is no failure', async () => {
      await using opened = await open();
      const { store } = opened;
      await expect(store.read('set/none')).rejects.toMatchObject({ code: 'BACKUP_FILE_MISSING' });
      await store.remove('set/none');
      expect(await paths(store, '')).toEqual([]);
    });

    test('an object that was removed is gone, and its neighbour is not', async () => {
      await using opened = await open();
      const { store } = opened;
      await writeAll(store, ['a/b/one', 'a/b/two']);
      await store.remove('a/b/one');
      expect(await paths(store, '')).toEqual(['a/b/two']);
      await store.remove('a/b/two');
      expect(await paths(store, '')).toEqual([]);
    });

    test('lists what begins with a prefix, in the order of the paths, with size and time', async () => {
      await using opened = await open();
      const { store } = opened;
      const before = Date.now();
      await writeAll(store, ['b', 'a/z', 'a/b/c', 'a-1', 'a.1', 'aa/x']);
      expect(await paths(store, '')).toEqual(['a-1', 'a.1', 'a/b/c', 'a/z', 'aa/x', 'b']);
      expect(await paths(store, 'a/')).toEqual(['a/b/c', 'a/z']);
      expect(await paths(store, 'a')).toEqual(['a-1', 'a.1', 'a/b/c', 'a/z', 'aa/x']);
      expect(await paths(store, 'a/b/c')).toEqual(['a/b/c']);
      expect(await paths(store, 'c')).toEqual([]);
      for await (const { path, bytes, modifiedAt } of store.list('')) {
        expect(bytes).toBe(path.length);
        expect(Math.abs(modifiedAt.getTime() - before)).toBeLessThan(60_000);
      }
    });

    test('lists 1,050 objects, more than one page of a service', async () => {
      await using opened = await open();
      const { store } = opened;
      const written = Array.from({ length: 1050 }, (_, index) => `many/${String(index).padStart(4, '0')}`);
      for (let from = 0; from < written.length; from += 50) await writeAll(store, written.slice(from, from + 50));
      expect(await paths(store, 'many/')).toEqual(written);
    });

    test('a source that fails half-way fails the write with its own error, and leaves nothing', async () => {
      await using opened = await open();
      const { store } = opened;
      const failure = new Error('the dump ended');
      for (const size of [10, 20 * MIB]) {
        await expect(store.write('set/broken', failing(size, failure))).rejects.toBe(failure);
      }
      await expect(store.read('set/broken')).rejects.toMatchObject({ code: 'BACKUP_FILE_MISSING' });
      expect({ objects: await paths(store, ''), left: await opened.leftovers() }).toEqual({ objects: [], left: [] });
    });

    test('an interrupted write is INTERRUPTED, and leaves nothing', async () => {
      await using opened = await open();
      const { store } = opened;
      const stop = new AbortController();
      const endless = async function* (): AsyncGenerator<Uint8Array> {
        for (let sent = 0; ; sent += MIB) {
          if (sent === 20 * MIB) stop.abort();
          yield Buffer.alloc(MIB);
        }
      };
      const { signal } = stop;
      await expect(store.write('set/endless', endless(), { signal })).rejects.toMatchObject({ code: 'INTERRUPTED' });
      await expect(store.write('set/never', inChunks(Buffer.from('x'), 1), { signal })).rejects.toMatchObject({
        code: 'INTERRUPTED',
      });
      await expect(store.read('set/never', { signal })).rejects.toMatchObject({ code: 'INTERRUPTED' });
      expect({ objects: await paths(store, ''), left: await opened.leftovers() }).toEqual({ objects: [], left: [] });
    });

    test('twenty writers at once: of twenty objects all are whole, of one object one is', async () => {
      await using opened = await open();
      const { store } = opened;
      const contents = Array.from({ length: 20 }, (_, index) => Buffer.alloc(200_000 + index, index));
      await Promise.all(contents.map((bytes, index) => store.write(`set/${index}/x`, inChunks(bytes, 9000))));
      await Promise.all(contents.map((bytes) => store.write('set/same', inChunks(bytes, 9000))));
      const sums = contents.map(sha256);
      const read = await Promise.all(contents.map(async (_, index) => buffer(await store.read(`set/${index}/x`))));
      expect(read.map(sha256)).toEqual(sums);
      expect(sums).toContain(sha256(await buffer(await store.read('set/same'))));
      expect((await paths(store, '')).length).toBe(21);
      expect(await opened.leftovers()).toEqual([]);
    });

    test('who stops reading early disturbs nobody', async () => {
      await using opened = await open();
      const { store } = opened;
      await store.write('set/large', inChunks(randomBytes(4 * MIB), MIB));
      for await (const chunk of await store.read('set/large')) {
        expect((chunk as Buffer).byteLength).toBeGreaterThan(0);
        break;
      }
      expect((await buffer(await store.read('set/large'))).byteLength).toBe(4 * MIB);
    });

    test('a path that leads out of the store is ARGUMENT_INVALID, to read, write and remove', async () => {
      await using opened = await open();
      const { store } = opened;
      for (const path of [
        '../x',
        '/etc/passwd',
        'a/../../x',
        'a//b',
        '.partial/x',
        '',
        'a/',
        'a\0b',
        String.raw`a\b`,
      ]) {
        const refused = { code: 'ARGUMENT_INVALID' };
        await expect(store.write(path, inChunks(Buffer.from('x'), 1))).rejects.toMatchObject(refused);
        await expect(store.read(path)).rejects.toMatchObject(refused);
        await expect(store.remove(path)).rejects.toMatchObject(refused);
      }
      expect(await paths(store, '')).toEqual([]);
    });
  });
}

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

export async function* inChunks(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let from = 0; from < bytes.byteLength; from += size) yield bytes.subarray(from, from + size);
}

async function* failing(bytes: number, failure: Error): AsyncGenerator<Uint8Array> {
  for (let sent = 0; sent < bytes; sent += 65_536) yield Buffer.alloc(Math.min(65_536, bytes - sent), 1);
  throw failure;
}

export async function paths(store: Store, prefix: string): Promise<readonly string[]> {
  return (await Array.fromAsync(store.list(prefix))).map(({ path }) => path);
}

/** Each holds as many bytes as its path has letters. */
async function writeAll(store: Store, all: readonly string[]): Promise<void> {
  await Promise.all(all.map((path) => store.write(path, inChunks(Buffer.alloc(path.length), 1000))));
}
