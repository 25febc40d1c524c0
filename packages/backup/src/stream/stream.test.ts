import { createHash, randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { AtrizError } from '@atriz/database';
import { describe, expect, it } from 'vitest';
import { createMemoryStore, type MemoryStore } from '../../test/memory-store.ts';
import { createSetCipher, type SetCipher } from '../keys/set-cipher.ts';
import { openSetDecipher } from '../keys/set-decipher.ts';
import { parseKey, type BackupKey } from '../keys/key.ts';
import type { ManifestFile } from '../manifest/manifest.ts';
import type { Compression } from '../settings/settings.ts';
import type { Store } from '../stores/store.ts';
import { readStream } from './read.ts';
import { writeStream, type WriteStreamOptions, type WrittenStream } from './write.ts';

const ZSTD: Compression = { method: 'zstd', level: 3 };
const { key } = parseKey('AGE-SECRET-KEY-1S27LYUSXSVQM238MNYGDWPEVCT0CRN33LHGQXTVWZEZ4YR0RQWWQ2FSY0R') as {
  key: BackupKey;
};
const cipher = await createSetCipher(key);
const decipher = await openSetDecipher(key, {
  encryption: cipher.encryption,
  readWrappedKey: () => Promise.reject(new Error('there is none')),
});

function write(content: Uint8Array | Readable, options: Partial<WriteStreamOptions> & { stores: Store[] }) {
  const source = content instanceof Readable ? content : Readable.from([content], { objectMode: false });
  return writeStream(source, { folder: 'set', path: 'a/rows', ...options });
}

async function read(written: WrittenStream, store: Store, ways: Ways): Promise<Buffer> {
  const file = { ...written, kind: 'data', database: null, server: null } as ManifestFile;
  return Buffer.concat(await (await readStream(file, { store, folder: 'set', ...reading(ways) })).toArray());
}

interface Ways {
  readonly compression: Compression;
  readonly cipher: SetCipher | undefined;
}

function reading({ compression, cipher: sealed }: Ways) {
  return { compression: compression.method, decipher: sealed && decipher };
}

const WAYS: readonly (readonly [string, Ways])[] = [
  ['', { compression: { method: 'none' }, cipher: undefined }],
  ['.zst', { compression: ZSTD, cipher: undefined }],
  ['.age', { compression: { method: 'none' }, cipher }],
  ['.zst.age', { compression: ZSTD, cipher }],
];

describe('a stream', () => {
  it.each(WAYS)('written as "rows%s" is what is read, and says its sizes and sum', async (ending, ways) => {
    const store = createMemoryStore();
    for (const content of [
      Buffer.alloc(0),
      Buffer.from('one row'),
      Buffer.concat([Buffer.alloc(300_000), randomBytes(300_000)]),
    ]) {
      const written = await write(content, { stores: [store], ...ways });
      const stored = store.objects.get(`set/a/rows${ending}`)!;
      expect(written).toStrictEqual({
        path: `a/rows${ending}`,
        bytes: stored.length,
        sha256: createHash('sha256').update(stored).digest('hex'),
        plainBytes: content.length,
        failures: [],
      });
      expect((await read(written, store, ways)).equals(content)).toBe(true);
    }
  });

  it.each(WAYS)(
    'of "rows%s" is refused changed anywhere, cut off or prolonged, and is never ended',
    async (_, ways) => {
      const store = createMemoryStore();
      const content = Buffer.concat([randomBytes(40_000), Buffer.alloc(40_000), randomBytes(40_000)]);
      const written = await write(content, { stores: [store], ...ways });
      const path = `set/${written.path}`;
      const stored = store.objects.get(path)!;
      const wrong: Buffer[] = [];
      for (let at = 0; at < stored.length; at += 2048) {
        const flipped = Buffer.from(stored);
        flipped[at]! ^= 0x10;
        wrong.push(flipped, stored.subarray(0, at));
      }
      wrong.push(stored.subarray(0, -1), Buffer.concat([stored, Buffer.from('x')]), Buffer.concat([stored, stored]));
      const codes = new Set<unknown>();
      for (const each of wrong) {
        store.objects.set(path, each);
        codes.add(
          await read(written, store, ways).then(
            () => 'read',
            (error: AtrizError) => error.code,
          ),
        );
      }
      expect([...codes]).toStrictEqual(['BACKUP_CORRUPT']);
      console.info(
        `changed, cut off or prolonged streams${written.path.slice(6)}: ${wrong.length} of ${wrong.length} refused`,
      );
    },
  );

  it('shows nothing of what it holds once it is encrypted', async () => {
    const store = createMemoryStore();
    const content = Buffer.from('a secret of somebody '.repeat(10_000));
    const written = await write(content, { stores: [store], compression: { method: 'none' }, cipher });
    expect(store.objects.get(`set/${written.path}`)!.includes('secret')).toBe(false);
  });

  it('keeps back its last bytes until all of it was checked', async () => {
    const store = createMemoryStore();
    const content = randomBytes(3_000_000);
    const written = await write(content, { stores: [store] });
    const file = { ...written, sha256: '0'.repeat(64), kind: 'data', database: null, server: null } as ManifestFile;
    let given = 0;
    const reads = async (): Promise<void> => {
      for await (const chunk of await readStream(file, { store, folder: 'set' })) given += (chunk as Buffer).length;
    };
    await expect(reads()).rejects.toMatchObject({ code: 'BACKUP_CORRUPT' });
    expect(given).toBeLessThan(content.length);
  });

  it('that holds more or less than its manifest says is refused, although its checksum is right', async () => {
    const store = createMemoryStore();
    const ways: Ways = { compression: ZSTD, cipher: undefined };
    const written = await write(Buffer.alloc(1_000_000), { stores: [store], ...ways });
    for (const plainBytes of [999_999, 1_000_001]) {
      await expect(read({ ...written, plainBytes }, store, ways)).rejects.toMatchObject({ code: 'BACKUP_CORRUPT' });
    }
  });

  it('goes to every store; one that fails is left out and told, and the others have all of it', async () => {
    const stores = [createMemoryStore('one'), failing('two', 100_000), createMemoryStore('three')];
    const content = randomBytes(2_000_000);
    const written = await write(content, { stores });
    expect(written.failures.map(({ store, error }) => [store.place, (error as AtrizError).code])).toStrictEqual([
      ['two', 'BACKUP_STORE_FAILED'],
    ]);
    for (const store of [stores[0], stores[2]] as MemoryStore[]) {
      expect(store.objects.get('set/a/rows')!.equals(content)).toBe(true);
    }
  });

  it('rejects when every store has failed, and ends its source', async () => {
    const source = Readable.from(endless(), { objectMode: false });
    await expect(write(source, { stores: [failing('one', 100), failing('two', 1_000_000)] })).rejects.toMatchObject({
      code: 'BACKUP_STORE_FAILED',
    });
    expect(source.destroyed).toBe(true);
  });

  it.each(WAYS)('whose source fails leaves nothing of "rows%s" in any store', async (_, ways) => {
    const stores = [createMemoryStore('one'), createMemoryStore('two')];
    const broken = (async function* () {
      yield randomBytes(1_000_000);
      throw new AtrizError('CLIENT_TOOL_FAILED', 'the dump ended early');
    })();
    const source = Readable.from(broken, { objectMode: false });
    await expect(write(source, { stores, ...ways })).rejects.toMatchObject({ code: 'CLIENT_TOOL_FAILED' });
    expect(stores.reduce((count, { objects }) => count + objects.size, 0)).toBe(0);
  });

  it('is given up when the signal aborts, also while a store takes nothing', async () => {
    const controller = new AbortController();
    const stuck: Store = {
      ...createMemoryStore(),
      write: (_, source, { signal } = {}) =>
        new Promise((_resolve, reject) => {
          void source[Symbol.asyncIterator]()
            .next()
            .then(() => controller.abort());
          signal!.addEventListener('abort', () => reject(new Error('aborted')));
        }),
    };
    const source = Readable.from(endless(), { objectMode: false });
    await expect(write(source, { stores: [stuck], signal: controller.signal })).rejects.toMatchObject({
      code: 'INTERRUPTED',
    });
    expect(source.destroyed).toBe(true);
  });

  it('is no more in memory than some pieces, however much slower a store is', async () => {
    const total = 200 * 1024 * 1024;
    const block = randomBytes(1024 * 1024);
    let produced = 0;
    let taken = 0;
    let most = 0;
    const source = Readable.from(
      (function* () {
        for (; produced < total; produced += block.length) yield block;
      })(),
      { objectMode: false, highWaterMark: 65_536 },
    );
    const slow: Store = {
      ...createMemoryStore('slow'),
      async write(_, chunks) {
        for await (const chunk of chunks) {
          taken += chunk.length;
          most = Math.max(most, produced - taken);
          await new Promise(setImmediate);
        }
      },
    };
    let fast = 0;
    const quick: Store = {
      ...createMemoryStore('quick'),
      async write(_, chunks) {
        for await (const chunk of chunks) fast += chunk.length;
      },
    };
    const written = await write(source, { stores: [quick, slow], compression: { method: 'none' }, cipher });
    expect([fast, taken]).toStrictEqual([written.bytes, written.bytes]);
    console.info(`of 200 MiB to a slow store, ${(most / 1024 / 1024).toFixed(1)} MiB at most were under way`);
    expect(most).toBeLessThan(4 * 1024 * 1024);
  });
});

/** A store that refuses after some bytes, as one whose space is used up. */
function failing(place: string, after: number): Store {
  return {
    ...createMemoryStore(place),
    async write(_, source) {
      let taken = 0;
      for await (const chunk of source) {
        taken += chunk.length;
        if (taken > after) throw new AtrizError('BACKUP_STORE_FAILED', `${place} refuses`);
      }
    },
  };
}

function* endless(): Generator<Buffer> {
  const block = randomBytes(65_536);
  for (;;) yield block;
}
