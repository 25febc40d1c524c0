import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AtrizError } from '@atriz/database';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { testKeys, writeSet } from '../../test/written-set.ts';
import { listSets } from '../set/list.ts';
import { createFolderStore } from '../stores/folder.ts';
import type { Store } from '../stores/store.ts';
import { planPrunes, runPrunes, type PlanPrunesOptions } from './prune.ts';

const keys = testKeys();
/** So far ahead that whatever this test writes was written more than a day ago. */
const NOW = new Date('2036-01-31T12:00:00Z');
const RULES = { days: 7 };

let root: string;
let here: Store;
let there: Store;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'atriz-prune-'));
  here = createFolderStore({ kind: 'folder', directory: join(root, 'here') });
  there = createFolderStore({ kind: 'folder', directory: join(root, 'there') });
});
afterEach(() => rm(root, { recursive: true, force: true }));

async function prune(stores: readonly Store[], options: Partial<PlanPrunesOptions> = {}) {
  const plan = await planPrunes(stores, keys, { rules: RULES, now: NOW, ...options });
  return runPrunes(plan);
}

async function namesIn(store: Store): Promise<string[]> {
  return (await listSets([store], keys)).map(({ id }) => id);
}

async function pathsIn(store: Store): Promise<string[]> {
  const paths: string[] = [];
  for await (const { path } of store.list('')) paths.push(path);
  return paths;
}

/** A store whose removals stop to work after so many, as when the process that removes is killed. */
function cutOff(store: Store, removals: number): Store {
  let left = removals;
  return {
    ...store,
    remove: async (path, options) => {
      left -= 1;
      if (left < 0) throw new AtrizError('BACKUP_STORE_FAILED', `cannot remove ${path}`);
      return store.remove(path, options);
    },
  };
}

test('old sets go with all that is in their folders; what was decided is told with its reasons', async () => {
  const old = await writeSet([here], '2035-12-01T02:00:00Z', { proven: true });
  const proven = await writeSet([here], '2036-01-10T02:00:00Z', { proven: true });
  const newest = await writeSet([here], '2036-01-31T02:00:00Z');
  const plan = await planPrunes([here], keys, { rules: RULES, now: NOW });
  expect(await namesIn(here)).toEqual([newest, proven, old]);
  const [report] = await runPrunes(plan);
  expect(report).toMatchObject({
    keep: [
      { id: newest, because: ['the newest', 'younger than 7 d'] },
      { id: proven, because: ['the newest that is proven'] },
    ],
    removed: [{ id: old, unfinished: false }],
    failure: undefined,
  });
  expect((await pathsIn(here)).filter((path) => path.startsWith(old))).toEqual([]);
});

test('each store keeps its own newest set and its own newest proven one', async () => {
  const old = await writeSet([there], '2035-12-01T02:00:00Z', { proven: true });
  const missed = await writeSet([here, there], '2035-12-20T02:00:00Z');
  const newest = await writeSet([here], '2036-01-31T02:00:00Z', { proven: true });
  await prune([here, there]);
  expect(await namesIn(here)).toEqual([newest]);
  expect(await namesIn(there)).toEqual([missed, old]);
});

test('a set that a migration is tied to stays until it is untied, which is remembered', async () => {
  const tied = await writeSet([here], '2035-12-01T02:00:00Z', { manifest: { purpose: 'migration' } });
  const young = await writeSet([here], '2036-01-30T02:00:00Z', { manifest: { purpose: 'migration' } });
  const newest = await writeSet([here], '2036-01-31T02:00:00Z');
  expect(await prune([here])).toMatchObject([{ removed: [] }]);
  expect(await prune([here], { untie: tied })).toMatchObject([{ removed: [{ id: tied }] }]);
  await prune([here], { untie: young });
  expect(await namesIn(here)).toEqual([newest, young]);
  const [plan] = (await planPrunes([here], keys, { rules: { count: 1 }, now: NOW })).stores;
  expect(plan!.remove).toMatchObject([{ id: young }]);
  await expect(planPrunes([here], keys, { rules: RULES, now: NOW, untie: tied })).rejects.toMatchObject({
    code: 'BACKUP_UNKNOWN',
  });
});

test('what cannot be judged stays: another family’s, and one that was signed with another key', async () => {
  const foreign = await writeSet([here], '2035-12-02T02:00:00Z', { keys: testKeys('garden') });
  const unknown = await writeSet([here], '2035-12-01T02:00:00Z', { keys: testKeys('orchard', 'a lost key') });
  const newest = await writeSet([here], '2036-01-31T02:00:00Z');
  expect(await prune([here])).toMatchObject([
    { keep: [{ id: newest }, { because: [expect.any(String)] }, { because: ['BACKUP_UNTRUSTED'] }], removed: [] },
  ]);
  expect((await namesIn(here)).toSorted()).toEqual([foreign, unknown, newest].toSorted());
});

test('an unfinished folder goes when nothing was written to it for a day, by what its store says', async () => {
  const unfinished = await writeSet([here], '2026-01-01T02:00:00Z', { unfinished: true });
  expect(await prune([here], { now: new Date() })).toMatchObject([
    { keep: [{ id: unfinished, because: ['it may be under way'] }], removed: [] },
  ]);
  expect(await prune([here])).toMatchObject([{ keep: [], removed: [{ id: unfinished, unfinished: true }] }]);
  expect(await pathsIn(here)).toEqual([]);
});

test('cut off after any of its removals: no half set is ever listed as one, and the next prune removes the rest', async () => {
  const newest = await writeSet([here], '2036-01-31T02:00:00Z', { proven: true });
  const rest = await pathsIn(here);
  const removals = 8; // two sets of a manifest, a proof and two files
  let halves = 0;
  for (let cut = 0; cut < removals; cut += 1) {
    for (const day of [1, 2]) await writeSet([here], `2035-12-0${day}T02:00:00Z`, { proven: true });
    const [report] = await prune([cutOff(here, cut)]);
    expect(report!.failure).toMatchObject({ code: 'BACKUP_STORE_FAILED' });
    const paths = await pathsIn(here);
    const good = (await listSets([here], keys)).filter(({ complete }) => complete);
    const isHalf = (id: string) => !['schema', 'data'].every((file) => paths.includes(`${id}/people/${file}.dump`));
    halves += good.filter(({ id }) => isHalf(id)).length;
    await prune([here]);
    expect(await namesIn(here)).toEqual([newest]);
  }
  expect(halves).toBe(0);
  expect(await pathsIn(here)).toEqual(rest);
  console.info(`prune cut off after each of ${removals} removals: ${halves} half sets listed as good`);
});

test('two prunes at once end as one does', async () => {
  const newest = await writeSet([here], '2036-01-31T02:00:00Z');
  for (let day = 1; day <= 9; day += 1) await writeSet([here], `2035-12-0${day}T02:00:00Z`);
  const reports = await Promise.all([prune([here]), prune([here])]);
  expect(reports.flat().map(({ failure }) => failure)).toEqual([undefined, undefined]);
  expect(await namesIn(here)).toEqual([newest]);
});

test('a store that fails half-way is told of, and the others are done; one that cannot be read loses nothing', async () => {
  for (const day of ['2035-12-01T02:00:00Z', '2035-12-02T02:00:00Z', '2036-01-31T02:00:00Z']) {
    await writeSet([here, there], day);
  }
  const reports = await prune([cutOff(here, 4), there]);
  expect(reports).toMatchObject([{ removed: [{}], failure: { code: 'BACKUP_STORE_FAILED' } }, { removed: [{}, {}] }]);
  const away: Store = {
    ...here,
    list: () => {
      throw new AtrizError('BACKUP_STORE_FAILED', 'away');
    },
  };
  expect(await prune([away, there])).toMatchObject([{ removed: [], failure: { message: 'away' } }, { removed: [] }]);
  await expect(prune([away])).rejects.toMatchObject({ code: 'BACKUP_STORE_FAILED' });
});
