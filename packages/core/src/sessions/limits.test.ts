import { describe, expect, it } from 'vitest';
import { planCharge } from './limits.ts';

const NOW = new Date('2026-06-01T12:00:00Z');
const LIMIT = { free: 3, firstSeconds: 1, mostSeconds: 10 };
const after = (seconds: number): Date => new Date(NOW.getTime() + seconds * 1000);

describe('planCharge', () => {
  it.each([
    [0, null],
    [1, null],
    [2, after(1)],
    [3, after(2)],
    [4, after(4)],
    [5, after(8)],
    [6, after(10)],
    [5000, after(10)],
  ])('after %i failures lets one more through, and then', (failures, blockedUntil) => {
    expect(planCharge({ failures, lastFailedAt: after(-60), blockedUntil: after(0) }, LIMIT, NOW)).toStrictEqual({
      kind: 'charged',
      failures: failures + 1,
      blockedUntil,
    });
  });

  it('refuses until the wait is over, in whole seconds', () => {
    const counter = { failures: 4, lastFailedAt: after(-1), blockedUntil: after(2.001) };
    expect(planCharge(counter, LIMIT, NOW)).toStrictEqual({ kind: 'refused', waitSeconds: 3 });
  });

  it('forgets failures after a day without any', () => {
    const counter = { failures: 4000, lastFailedAt: after(-86_401), blockedUntil: after(-80_000) };
    expect(planCharge(counter, LIMIT, NOW)).toStrictEqual({ kind: 'charged', failures: 1, blockedUntil: null });
  });
});
