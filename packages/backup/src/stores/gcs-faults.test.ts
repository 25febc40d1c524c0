import { randomBytes } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { afterAll, expect, test } from 'vitest';
import { startFaultProxy, type Fault, type FaultProxy, type Seen } from '../../test/fault-proxy.ts';
import { startGcsFake, type GcsFake } from '../../test/gcs-fake.ts';
import { inChunks, paths, sha256 } from '../../test/store-contract.ts';
import type { GcsApiOptions } from './gcs-api.ts';
import { createGcsStore } from './gcs.ts';
import type { Store } from './store.ts';

const MIB = 1024 * 1024;
const LARGE = randomBytes(17 * MIB + 3);
const SMALL = Buffer.from('{"small": true}');
const UNAVAILABLE = '{"error": {"code": 503, "message": "Service Unavailable"}}';

interface Opened extends AsyncDisposable {
  readonly fake: GcsFake;
  readonly proxy: FaultProxy;
  readonly store: Store;
}

async function open(options: Partial<GcsApiOptions> = {}): Promise<Opened> {
  await using opened = new AsyncDisposableStack();
  const fake = opened.use(await startGcsFake());
  const proxy = opened.use(await startFaultProxy(fake.port));
  const store = createGcsStore({ kind: 'gcs', bucket: 'backups', endpoint: proxy.url }, options);
  const all = opened.move();
  return { fake, proxy, store, [Symbol.asyncDispose]: () => all.disposeAsync() };
}

const isChunk = ({ method, url }: Seen): boolean => method === 'PUT' && url.includes('upload_id');
const isBegin = ({ url }: Seen): boolean => url.includes('uploadType=resumable');
const isWhole = ({ url }: Seen): boolean => url.includes('uploadType=media');
const isDownload = ({ url }: Seen): boolean => url.includes('alt=media');
const unavailable: Fault = { kind: 'answer', status: 503, body: UNAVAILABLE };

const PASSING: readonly (readonly [string, (seen: Seen) => boolean, Fault])[] = [
  ['a chunk is answered with 503', isChunk, unavailable],
  ['a chunk is cut', isChunk, { kind: 'cut-request', bytes: 3 * MIB }],
  ['the answer to a chunk is lost', isChunk, { kind: 'lose-answer' }],
  ['a chunk is never answered', isChunk, { kind: 'hang' }],
  ['the first request is answered with 503', isBegin, unavailable],
  ['a small object is answered with 503', isWhole, unavailable],
  ['a download is answered with 503', isDownload, unavailable],
  ['a download is cut after 5 MiB', isDownload, { kind: 'cut-answer', bytes: 5 * MIB }],
  ['a download stands still after its answer began', isDownload, { kind: 'slow', bytes: MIB, ms: 2500 }],
];

const told = { faults: 0, whole: 0, refused: 0 };
afterAll(() => {
  const { faults, whole, refused } = told;
  console.info(
    `Google Cloud Storage: ${faults} faults of ${PASSING.length} kinds passed, ${whole} of ${PASSING.length * 2} objects whole; ` +
      `2 that last: ${refused} of 2 BACKUP_STORE_FAILED; 0 objects or uploads left behind`,
  );
});

test.for(PASSING)('%s, once: the objects are whole, and nothing else is left', async ([, is, fault]) => {
  await using opened = await open({ stallMs: 2000 });
  const { store, proxy, fake } = opened;
  let left = 1;
  proxy.decide = (seen) => (is(seen) && left-- > 0 ? fault : undefined);
  await store.write('set/large', inChunks(LARGE, 100_000));
  await store.write('set/small', inChunks(SMALL, 100));
  expect(sha256(await buffer(await store.read('set/large')))).toBe(sha256(LARGE));
  expect(sha256(await buffer(await store.read('set/small')))).toBe(sha256(SMALL));
  expect({ paths: await paths(store, ''), sessions: fake.sessions.size, faults: proxy.faults() }).toEqual({
    paths: ['set/large', 'set/small'],
    sessions: 0,
    faults: 1,
  });
  told.faults += proxy.faults();
  told.whole += 2;
});

test.for([
  ['every chunk is answered with 503', isChunk, LARGE],
  ['every small object is answered with 503', isWhole, SMALL],
] as const)('%s: BACKUP_STORE_FAILED says so, and nothing is left', async ([, is, bytes]) => {
  await using opened = await open({ tries: 2 });
  const { store, proxy, fake } = opened;
  proxy.decide = (seen) => (is(seen) ? unavailable : undefined);
  await expect(store.write('set/object', inChunks(bytes, 100_000))).rejects.toMatchObject({
    code: 'BACKUP_STORE_FAILED',
    message: expect.stringMatching(/^could not write gs:\/\/backups\/set\/object: .*503/),
  });
  expect({ paths: await paths(store, ''), sessions: fake.sessions.size }).toEqual({ paths: [], sessions: 0 });
  told.refused += 1;
});

test.for([
  ['another CRC32C', { crc32c: 'AAAAAA==' }],
  ['another size', { size: '7' }],
] as const)('what arrived with %s is a failed write, and is removed', async ([, lie]) => {
  await using opened = await open();
  const { store, fake } = opened;
  fake.lie = lie;
  for (const bytes of [SMALL, LARGE]) {
    const failing = store.write('set/object', inChunks(bytes, 100_000));
    await expect(failing).rejects.toMatchObject({ code: 'BACKUP_STORE_FAILED' });
  }
  expect(await paths(store, '')).toEqual([]);
});
