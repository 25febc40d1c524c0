import type { AtrizError } from '@atriz/database';
import { expect, test } from 'vitest';
import { planSeeds, type SeedSituation } from './seed-plan.ts';

const FILES = ['001_new', '002_same', '003_edited'].map((name) => ({ name, path: `/seeds/${name}.ts` }));
const CHECKSUMS = new Map([
  ['001_new', 'n'],
  ['002_same', 's'],
  ['003_edited', 'e2'],
]);
const REGISTER = new Map([
  ['002_same', 's'],
  ['003_edited', 'e1'],
  ['000_gone', 'g'],
]);

function plan(situation: Partial<SeedSituation>, files = FILES): unknown {
  try {
    const { wanted, leftOut } = planSeeds(files, {
      checksums: CHECKSUMS,
      register: REGISTER,
      pendingOnly: false,
      overrideDisabled: false,
      ...situation,
    });
    return [[...wanted], leftOut];
  } catch (error) {
    const { code, message } = error as AtrizError;
    return `${code} ${message}`;
  }
}

test('all of them run, or those that are new or edited', () => {
  expect(plan({})).toEqual([['001_new', '002_same', '003_edited'], []]);
  expect(plan({ pendingOnly: true })).toEqual([['001_new', '003_edited'], []]);
});

test('where nothing may run twice, new ones run, the same are left out, and an edited one is refused', () => {
  const two = FILES.slice(0, 2);
  expect(plan({ overrideDisabled: true }, two)).toEqual([['001_new'], ['002_same']]);
  expect(plan({ overrideDisabled: true, pendingOnly: true }, two)).toEqual([['001_new'], []]);
  for (const pendingOnly of [false, true]) {
    expect(plan({ overrideDisabled: true, pendingOnly })).toBe(
      'SEED_REFUSED 003_edited ran already with another text, and DISABLE_SEED_OVERRIDE is on: it would write over what is there',
    );
  }
});

test('a database without any seed in its register takes them all', () => {
  expect(plan({ overrideDisabled: true, register: new Map() })).toEqual([['001_new', '002_same', '003_edited'], []]);
});
