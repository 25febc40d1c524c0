import { randomBytes } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { afterAll, expect, test } from 'vitest';
import type { Fault, Seen } from '../../test/fault-proxy.ts';
import { startS3Server } from '../../test/s3-server.ts';
import { inChunks, paths, sha256 } from '../../test/store-contract.ts';
import { createS3Store } from './s3.ts';

const MIB = 1024 * 1024;
const LARGE = randomBytes(12 * MIB + 3);
const SMALL = Buffer.from('x');
const SLOW_DOWN = '<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>';
const INTERNAL = '<Error><Code>InternalError</Code><Message>We encountered an internal error.</Message></Error>';

const isPart = ({ method, url }: Seen): boolean => method === 'PUT' && url.includes('partNumber=');
const isGet = ({ method }: Seen): boolean => method === 'GET';
const isComplete = ({ method, url }: Seen): boolean => method === 'POST' && !url.includes('uploads');
const isBegin = ({ method, url }: Seen): boolean => method === 'POST' && url.includes('uploads');

const PASSING: readonly (readonly [string, (seen: Seen) => boolean, Fault])[] = [
  ['a part is answered with 500', isPart, { kind: 'answer', status: 500, body: INTERNAL }],
  ['a part is answered with 503 SlowDown', isPart, { kind: 'answer', status: 503, body: SLOW_DOWN }],
  ['the connection is cut amid a part', isPart, { kind: 'cut-request', bytes: 3 * MIB }],
  ['the answer to a part is lost', isPart, { kind: 'lose-answer' }],
  ['a part is never answered', isPart, { kind: 'hang' }],
  ['the first request is answered with 503', isBegin, { kind: 'answer', status: 503, body: SLOW_DOWN }],
  ['the last request is answered with 500', isComplete, { kind: 'answer', status: 500, body: INTERNAL }],
  ['the answer to the last request is lost', isComplete, { kind: 'lose-answer' }],
  ['a download is answered with 500', isGet, { kind: 'answer', status: 500, body: INTERNAL }],
  ['a download is cut after 5 MiB', isGet, { kind: 'cut-answer', bytes: 5 * MIB }],
  ['a download stands still after its answer began', isGet, { kind: 'slow', bytes: MIB, ms: 2500 }],
];

const told = { faults: 0, whole: 0, refused: 0, left: 0 };
afterAll(() => {
  const { faults, whole, refused, left } = told;
  console.info(
    `S3: ${faults} faults of ${PASSING.length} kinds passed, ${whole} of ${PASSING.length} objects whole; ` +
      `${LASTING.length} that last: ${refused} of ${LASTING.length} BACKUP_STORE_FAILED; ${left} objects or parts left behind`,
  );
});

test.for(PASSING)('%s, twice: the object is whole, and nothing else is left', async ([, is, fault]) => {
  await using server = await startS3Server();
  const store = createS3Store(server.settings, { stallMs: 2000 });
  let left = 2;
  server.proxy.decide = (seen) => (is(seen) && left-- > 0 ? fault : undefined);
  await store.write('set/large', inChunks(LARGE, 100_000));
  expect(sha256(await buffer(await store.read('set/large')))).toBe(sha256(LARGE));
  expect({ paths: await paths(store, ''), uploads: server.openUploads(), faults: server.proxy.faults() }).toEqual({
    paths: ['set/large'],
    uploads: [],
    faults: 2,
  });
  told.faults += server.proxy.faults();
  told.whole += 1;
});

const LASTING: readonly (readonly [string, (seen: Seen) => boolean, Fault, string])[] = [
  ['every part is answered with 500', isPart, { kind: 'answer', status: 500, body: INTERNAL }, '500 InternalError'],
  ['every part is answered with 503', isPart, { kind: 'answer', status: 503, body: SLOW_DOWN }, '503 SlowDown'],
  ['every part is cut', isPart, { kind: 'cut-request', bytes: 100_000 }, 'ECONNRESET'],
  ['no part is ever answered', isPart, { kind: 'hang' }, 'TimeoutError'],
  ['the last request always fails', isComplete, { kind: 'answer', status: 500, body: INTERNAL }, '500 InternalError'],
];

test.for(LASTING)('%s: BACKUP_STORE_FAILED says so, and nothing is left', async ([, is, fault, said]) => {
  await using server = await startS3Server();
  const store = createS3Store(server.settings, { stallMs: 1000, tries: 2 });
  server.proxy.decide = (seen) => (is(seen) ? fault : undefined);
  await expect(store.write('set/large', inChunks(LARGE, 100_000))).rejects.toMatchObject({
    code: 'BACKUP_STORE_FAILED',
    message: expect.stringMatching(new RegExp(`^could not write s3://backups/set/large: .*${said}`)),
    hint: expect.any(String),
  });
  const [objects, uploads] = [await paths(store, ''), server.openUploads()];
  told.left += objects.length + uploads.length;
  told.refused += 1;
  expect({ objects, uploads }).toEqual({ objects: [], uploads: [] });
});

test('a download that is cut at its first byte each time fails, and does not go on for ever', async () => {
  await using server = await startS3Server();
  const store = createS3Store(server.settings, { tries: 2 });
  await store.write('set/large', inChunks(LARGE, 100_000));
  server.proxy.decide = (seen) => (isGet(seen) ? { kind: 'cut-answer', bytes: 0 } : undefined);
  const failing = buffer(await store.read('set/large'));
  await expect(failing).rejects.toMatchObject({
    code: 'BACKUP_STORE_FAILED',
    message: expect.stringContaining('could not read s3://backups/set/large'),
  });
});

test('a slow service is waited for: no more of the source is taken than four parts ahead of what was sent', async () => {
  await using server = await startS3Server();
  const store = createS3Store(server.settings, { stallMs: 5000 });
  let taken = 0;
  let sent = 0;
  let furthest = 0;
  server.proxy.decide = (seen) => {
    if (isPart(seen)) sent += 8 * MIB;
    return undefined;
  };
  const source = async function* (): AsyncGenerator<Uint8Array> {
    for (; taken < 96 * MIB; taken += 65_536) {
      furthest = Math.max(furthest, taken - sent);
      yield Buffer.alloc(65_536);
    }
  };
  await store.write('set/long', source());
  console.info(`S3: 96 MiB in parts of 8 MiB, at most ${(furthest / MIB).toFixed(1)} MiB ahead of what was sent`);
  expect(furthest).toBeLessThanOrEqual(32 * MIB);
});

test('wrong credentials, a bucket that is not there and a server that is not there are told apart, without secrets', async () => {
  await using server = await startS3Server();
  const denied = '<Error><Code>SignatureDoesNotMatch</Code><Message>The signature does not match.</Message></Error>';
  server.proxy.decide = () => ({ kind: 'answer', status: 403, body: denied });
  const refused = await fail(createS3Store(server.settings).write('a', inChunks(SMALL, 1)));
  server.proxy.decide = () => undefined;
  const missing = await fail(createS3Store({ ...server.settings, bucket: 'no-such' }).write('a', inChunks(SMALL, 1)));
  const away = { ...server.settings, endpoint: 'http://127.0.0.1:9' };
  const unreachable = await fail(createS3Store(away, { tries: 2 }).write('a', inChunks(SMALL, 1)));
  expect([refused, missing, unreachable].map(({ message, hint }) => ({ message, hint }))).toEqual([
    {
      message: 'could not write s3://backups/a: 403 SignatureDoesNotMatch The signature does not match.',
      hint: 'see whether the credentials are right and may read, write, list and remove: BACKUP_S3_*',
    },
    {
      message: expect.stringContaining('could not write s3://no-such/a: 404 NoSuchBucket'),
      hint: 'make the bucket, or correct BACKUP_S3_BUCKET',
    },
    {
      message: expect.stringContaining('ECONNREFUSED'),
      hint: 'see whether the store can be reached: BACKUP_S3_ENDPOINT, the network',
    },
  ]);
  for (const error of [refused, missing, unreachable]) {
    expect(JSON.stringify(describe(error))).not.toMatch(/test-secret-access-key|test-access-key/);
  }
});

async function fail(work: Promise<unknown>): Promise<Error & { readonly hint?: string }> {
  return work.then(
    () => expect.unreachable('it was to fail'),
    (error: unknown) => error as Error,
  );
}

/** All that a logger could find in an error. */
function describe(error: Error): unknown {
  const own = Object.fromEntries(Reflect.ownKeys(error).map((key) => [String(key), Reflect.get(error, key)]));
  return { ...own, stack: error.stack, cause: error.cause instanceof Error ? describe(error.cause) : error.cause };
}
