import { AtrizError } from '@atriz/database';
import type { InstanceOutcome } from '@atriz/lifecycle/fleet';
import { expect, test } from 'vitest';
import { fleetDocument, nextFleetCommand, summariseFleet } from './report.ts';

interface Applied {
  readonly applied: number;
}

const done = (name: string, applied: number): InstanceOutcome<Applied> => ({
  instance: { name },
  durationMs: 8.6,
  status: 'done',
  result: { applied },
});
const failed = (name: string): InstanceOutcome<Applied> => ({
  instance: { name },
  durationMs: 3,
  status: 'failed',
  error: new AtrizError('DATABASE_MISSING', 'it is not there', { hint: 'make it' }),
});
const skipped = (name: string): InstanceOutcome<Applied> => ({
  instance: { name },
  durationMs: 0,
  status: 'skipped',
  because: '1 failed before it',
});
const describe = ({ applied }: Applied): string => (applied === 0 ? 'up to date' : `${applied} applied`);

test.each([
  [[], 'no instances yet'],
  [[done('a', 0), done('b', 1), done('c', 0)], '2 × up to date, 1 × 1 applied'],
  [[done('a', 0), failed('b'), skipped('c'), skipped('d')], '1 × up to date, 1 failed, 2 not begun'],
  [[failed('a')], '1 failed'],
  [[0, 1, 2, 3, 4].map((count) => done(String(count), count)), '5 done'],
])('outcomes are told in one line', (outcomes, expected) => {
  expect(summariseFleet(outcomes, describe)).toBe(expected);
});

test('the next command names those that are left, safe for a shell, and all of them where they are many', () => {
  expect(nextFleetCommand('migrate up', 'tenant_db', [done('a', 0), failed('b c'), skipped("d'e")])).toBe(
    String.raw`pnpm exec atriz migrate up --database tenant_db --instance 'b c' --instance 'd'\''e'`,
  );
  expect(nextFleetCommand('create', 'tenant_db', ['a', 'b', 'c', 'd', 'e', 'f'].map(failed))).toBe(
    'pnpm exec atriz create --database tenant_db',
  );
});

test('the document has an entry for each instance, and their number by outcome', () => {
  expect(fleetDocument([done('a', 2), failed('b'), skipped('c')])).toEqual({
    fleet: { instances: 3, done: 1, failed: 1, skipped: 1 },
    instances: [
      { name: 'a', status: 'done', durationMs: 9, applied: 2 },
      {
        name: 'b',
        status: 'failed',
        durationMs: 3,
        error: { code: 'DATABASE_MISSING', message: 'it is not there', hint: 'make it' },
      },
      { name: 'c', status: 'skipped', durationMs: 0, because: '1 failed before it' },
    ],
  });
});
