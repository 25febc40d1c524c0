import { expect, test } from 'vitest';
import { measure, measureRecoveryPoint } from './objectives.ts';

const now = new Date('2026-11-21T12:00:00Z');

test.for([
  ['a young set', '2026-11-21T11:56:00Z', undefined, { measuredMs: 240_000, met: true, by: 'set' }],
  ['an old set', '2026-11-21T02:00:00Z', undefined, { measuredMs: 36_000_000, met: false, by: 'set' }],
  ['an old set with an archive', '2026-11-21T02:00:00Z', 90_000, { measuredMs: 90_000, met: true, by: 'archive' }],
  ['an archive that is further behind', '2026-11-21T11:56:00Z', 900_000, { measuredMs: 240_000, met: true, by: 'set' }],
  ['clocks that differ a little', '2026-11-21T12:01:00Z', undefined, { measuredMs: 0, met: true, by: 'set' }],
  ['a set of the future', '2026-11-21T13:00:00Z', undefined, { measuredMs: null, met: false, by: 'set' }],
  ['one with an archive', '2026-11-21T13:00:00Z', 90_000, { measuredMs: 90_000, met: true, by: 'archive' }],
] as const)('what would be lost with %s', ([, takenAt, archiveMs, expected]) => {
  const found = measureRecoveryPoint({ takenAt: new Date(takenAt), now, archiveMs }, 5);
  expect(found).toEqual({ ...expected, limitMs: 300_000 });
});

test('an objective is met at its limit, and not where nothing was measured', () => {
  expect(measure(60_000, 1)).toEqual({ measuredMs: 60_000, limitMs: 60_000, met: true });
  expect(measure(60_001, 1).met).toBe(false);
  expect(measure(undefined, 1)).toEqual({ measuredMs: null, limitMs: 60_000, met: false });
});
