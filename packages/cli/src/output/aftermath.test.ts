import type { Outcome } from '@atriz/lifecycle';
import { expect, test } from 'vitest';
import { describeRemains, nextCommand } from './aftermath.ts';

const database = (name: string) =>
  ({ name, owner: `@x/${name}`, directory: '/', dependsOn: [] }) as unknown as Outcome<object>['database'];
const outcomes: Outcome<object>[] = [
  { database: database('shared'), durationMs: 1, status: 'done', result: {} },
  { database: database('fleet'), durationMs: 1, status: 'failed', error: new Error('no') },
  { database: database('shop'), durationMs: 1, status: 'failed', error: new Error('no') },
  { database: database('site'), durationMs: 0, status: 'skipped', because: 'shop failed' },
];

test('each database is told what of the run it keeps', () => {
  const committed = new Map([
    ['shared', ['1_users']],
    ['fleet', ['1_a', '2_b', '3_c', '4_d']],
  ]);
  expect(describeRemains(outcomes, committed)).toEqual([
    { name: 'shared', text: 'finished: 1_users' },
    { name: 'fleet', text: 'kept: 4 changes, the last of them 4_d; the rest was not done' },
    { name: 'shop', text: 'nothing was committed' },
    { name: 'site', text: 'not begun' },
  ]);
});

test('the next command names those that did not finish', () => {
  expect(nextCommand(outcomes, 'migrate up')).toBe(
    'pnpm exec atriz migrate up --database fleet --database shop --database site',
  );
});
