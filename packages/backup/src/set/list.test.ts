import { AtrizError } from '@atriz/database';
import { describe, expect, it } from 'vitest';
import { createMemoryStore, type MemoryStore } from '../../test/memory-store.ts';
import { sampleKeys, sampleSigner, writeSampleSet } from '../../test/sample-set.ts';
import type { Manifest } from '../manifest/manifest.ts';
import { isProven, listSets } from './list.ts';
import { openSet } from './open.ts';
import { writeProof, type Proof } from './proof-record.ts';

const keys = { key: undefined, signer: sampleSigner('this workspace') };
const contents = { 'roles-0': Buffer.from('[]') };

function write(store: MemoryStore | MemoryStore[], day: number, more: object = {}): Promise<Manifest> {
  const now = new Date(Date.UTC(2026, 10, day, 3, 15));
  return writeSampleSet([store].flat(), { keys, now, contents, ...more });
}

async function prove(store: MemoryStore, id: string, change: Partial<Proof> = {}): Promise<void> {
  const { manifestSha256 } = await openSet(store, id, keys);
  const proof: Proof = {
    set: id,
    manifestSha256,
    method: 'restore',
    provenAt: '2026-11-21T12:15:00.000Z',
    durationMs: 1500,
    databases: ['people_db', 'shops_db'],
    host: 'here',
    ...change,
  };
  await writeProof([store], proof, keys);
}

describe('the list of sets', () => {
  it('is empty where nothing is, and passes over what is no set', async () => {
    const store = createMemoryStore();
    expect(await listSets([store], keys)).toStrictEqual([]);
    for (const path of ['backup-notes.txt', 'backup-20261121/manifest.json', 'backup-20261399T000000Z-00000000/x']) {
      store.objects.set(path, Buffer.from('{}'));
    }
    expect(await listSets([store], keys)).toStrictEqual([]);
  });

  it('has the newest first, with what their manifests say', async () => {
    const store = createMemoryStore();
    const [second, first, third] = [await write(store, 2), await write(store, 1), await write(store, 3)];
    const sets = await listSets([store], keys);
    expect(sets.map(({ id }) => id)).toStrictEqual([third.id, second.id, first.id]);
    expect(sets[0]).toMatchObject({
      takenAt: new Date('2026-11-03T03:15:00Z'),
      manifest: third,
      problem: undefined,
      complete: true,
      proofs: [],
    });
    const stored = [...store.objects].filter(([path]) => path.startsWith(third.id));
    expect(sets[0]!.bytes).toBe(stored.reduce((sum, [, content]) => sum + content.length, 0));
  });

  it('does not have one without a manifest as complete: it is unfinished, or was cut off', async () => {
    const store = createMemoryStore();
    const { id } = await write(store, 1);
    store.objects.delete(`${id}/manifest.json`);
    expect(await listSets([store], keys)).toMatchObject([
      { id, complete: false, manifest: undefined, problem: undefined },
    ]);
  });

  it('tells what is wrong with a set, and has the others nevertheless', async () => {
    const store = createMemoryStore();
    const good = await write(store, 1);
    const edited = await write(store, 2);
    const rubbish = await write(store, 3);
    const theirs = await write(store, 4, { keys: { signer: sampleSigner('another workspace') } });
    const others = { signer: sampleSigner('this workspace', { family: 'others' }) };
    const foreign = await write(store, 5, { keys: others, changes: { family: 'others' } });
    const path = `${edited.id}/manifest.json`;
    store.objects.set(path, Buffer.from(String(store.objects.get(path)).replace('"rows": 100', '"rows": 101')));
    store.objects.set(`${rubbish.id}/manifest.json`, Buffer.from('{"manifest": '));
    const sets = await listSets([store], keys);
    expect(sets.map(({ id, problem, manifest }) => [id, problem?.code, manifest?.id])).toStrictEqual([
      [foreign.id, 'BACKUP_FOREIGN', undefined],
      [theirs.id, 'BACKUP_UNTRUSTED', undefined],
      [rubbish.id, 'BACKUP_CORRUPT', undefined],
      [edited.id, 'BACKUP_UNTRUSTED', undefined],
      [good.id, undefined, good.id],
    ]);
  });

  it('has copies in several stores as one set, and a good copy is enough', async () => {
    const [near, far] = [createMemoryStore('near'), createMemoryStore('far')];
    const both = await write([near, far], 1);
    const onlyFar = await write(far, 2);
    near.objects.set(`${both.id}/manifest.json`, Buffer.from('changed'));
    const sets = await listSets([near, far], keys);
    expect(sets.map(({ id, stores, problem }) => [id, stores.map(({ place }) => place), problem])).toStrictEqual([
      [onlyFar.id, ['far'], undefined],
      [both.id, ['far'], undefined],
    ]);
    expect(sets[1]!.copies.map(({ store, problem }) => [store.place, problem?.code])).toStrictEqual([
      ['near', 'BACKUP_CORRUPT'],
      ['far', undefined],
    ]);
  });

  it('has each proof once, newest first, and says that a set is proven', async () => {
    const [near, far] = [createMemoryStore('near'), createMemoryStore('far')];
    const { id } = await write([near, far], 1);
    await prove(near, id, { method: 'checksums', databases: [] });
    expect(isProven((await listSets([near], keys))[0]!)).toBe(false);
    await prove(near, id, { provenAt: '2026-11-21T13:00:00.000Z', databases: ['people_db'] });
    expect(isProven((await listSets([near], keys))[0]!)).toBe(false);
    for (const store of [near, far]) await prove(store, id, { provenAt: '2026-11-21T14:00:00.000Z' });
    const [set] = await listSets([near, far], keys);
    expect(set!.proofs.map(({ provenAt, method }) => [provenAt, method])).toStrictEqual([
      ['2026-11-21T14:00:00.000Z', 'restore'],
      ['2026-11-21T13:00:00.000Z', 'restore'],
      ['2026-11-21T12:15:00.000Z', 'checksums'],
    ]);
    expect(isProven(set!)).toBe(true);
  });

  it('counts no proof that was edited, that is of another set, or that was signed by somebody else', async () => {
    const store = createMemoryStore();
    const one = await write(store, 1);
    const other = await write(store, 2);
    await prove(store, one.id);
    const path = [...store.objects.keys()].find((each) => each.includes('/proofs/'));
    const proof = store.objects.get(path!)!;
    store.objects.set(path!.replace(one.id, other.id), proof);
    store.objects.set(path!, Buffer.from(String(proof).replace('"here"', '"there"')));
    const { manifestSha256 } = await openSet(store, other.id, keys);
    const strange = { ...(JSON.parse(String(proof)) as { proof: Proof }).proof, set: other.id, manifestSha256 };
    await writeProof([store], strange, { signer: sampleSigner('somebody else') });
    const sets = await listSets([store], keys);
    expect(sets.map(({ proofs, problem }) => [proofs, problem])).toStrictEqual([
      [[], undefined],
      [[], undefined],
    ]);
  });

  it('counts no signature of a manifest as one of a proof', async () => {
    const store = createMemoryStore();
    const { id } = await write(store, 1);
    const manifest = String(store.objects.get(`${id}/manifest.json`));
    store.objects.set(`${id}/proofs/forged.json`, Buffer.from(manifest.replace('"manifest"', '"proof"')));
    expect((await listSets([store], keys))[0]!.proofs).toStrictEqual([]);
  });

  it('rejects when a store cannot be listed, or tells it and has the others', async () => {
    const [good, bad] = [createMemoryStore('good'), createMemoryStore('bad')];
    const { id } = await write(good, 1);
    const failing: MemoryStore = {
      ...bad,
      async *list() {
        yield* [];
        throw new AtrizError('BACKUP_STORE_FAILED', 'bad does not answer');
      },
    };
    await expect(listSets([failing, good], keys)).rejects.toMatchObject({ code: 'BACKUP_STORE_FAILED' });
    const failures: string[] = [];
    const sets = await listSets([failing, good], keys, { onStoreFailure: ({ place }) => failures.push(place) });
    expect([sets.map((set) => set.id), failures]).toStrictEqual([[id], ['bad']]);
  });

  it('of an encrypted set needs its key, and says which of both is wrong', async () => {
    const store = createMemoryStore();
    const secret = 'correct horse battery';
    await write(store, 1, { keys: sampleKeys(secret) });
    expect((await listSets([store], sampleKeys(secret)))[0]!.problem).toBeUndefined();
    expect((await listSets([store], keys))[0]!.problem!.code).toBe('BACKUP_KEY_MISSING');
    expect((await listSets([store], sampleKeys('incorrect horse battery')))[0]!.problem!.code).toBe('BACKUP_KEY_WRONG');
  });
});
