import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createTimetable, type Timetable } from './timetable.ts';

const HOUR_MS = 3_600_000;

function timetable(expression: string, timeZone = 'Europe/Berlin'): Timetable {
  return createTimetable(expression, { timeZone, variable: 'BACKUP_SCHEDULE' });
}

/** All of them after `from` and until `to`, as they are found from either end. */
function slots(table: Timetable, from: string, to: string): string[] {
  const end = new Date(to).getTime();
  const forward: string[] = [];
  for (let each = table.next(new Date(from)); each && each.getTime() <= end; each = table.next(each)) {
    forward.push(each.toISOString());
  }
  const backward: string[] = [];
  const start = new Date(from).getTime();
  for (let each = table.newest(new Date(to)); each && each.getTime() > start;) {
    backward.unshift(each.toISOString());
    each = table.newest(new Date(each.getTime() - 1));
  }
  expect(backward).toEqual(forward);
  return forward;
}

test('a time in the hour that spring skips is due once, when that hour is over', () => {
  const days = ['2026-03-28T00:00:00Z', '2026-03-30T12:00:00Z'] as const;
  const expected = ['2026-03-28T01:30:00.000Z', '2026-03-29T01:00:00.000Z', '2026-03-30T00:30:00.000Z'];
  expect(slots(timetable('30 2 * * *'), ...days)).toEqual(expected);
  expect(slots(timetable('*/20 2 * * *'), '2026-03-29T00:00:00Z', '2026-03-29T23:00:00Z')).toEqual([
    '2026-03-29T01:00:00.000Z',
  ]);
  expect(slots(timetable('0 2,3 * * *'), '2026-03-29T00:00:00Z', '2026-03-29T23:00:00Z')).toEqual([
    '2026-03-29T01:00:00.000Z',
  ]);
});

test('a time in the hour that autumn repeats is due when it comes first, and not again', () => {
  const days = ['2026-10-24T12:00:00Z', '2026-10-26T12:00:00Z'] as const;
  expect(slots(timetable('30 2 * * *'), ...days)).toEqual(['2026-10-25T00:30:00.000Z', '2026-10-26T01:30:00.000Z']);
  expect(slots(timetable('*/30 2 * * *'), '2026-10-24T12:00:00Z', '2026-10-25T12:00:00Z')).toEqual([
    '2026-10-25T00:00:00.000Z',
    '2026-10-25T00:30:00.000Z',
  ]);
});

test('every hour is every hour that passes, over both changes', () => {
  for (const day of ['2026-03-28T12:30:00Z', '2026-10-24T12:30:00Z']) {
    const end = new Date(new Date(day).getTime() + 24 * HOUR_MS).toISOString();
    const found = slots(timetable('0 * * * *'), day, end);
    expect(found).toHaveLength(24);
    expect(new Date(found[23]!).getTime() - new Date(found[0]!).getTime()).toBe(23 * HOUR_MS);
  }
});

test('a midnight that does not exist, and a zone of half an hour with a change of half an hour', () => {
  expect(slots(timetable('0 0 * * *', 'America/Sao_Paulo'), '2018-11-03T12:00:00Z', '2018-11-05T12:00:00Z')).toEqual([
    '2018-11-04T03:00:00.000Z',
    '2018-11-05T02:00:00.000Z',
  ]);
  expect(slots(timetable('15 2 * * *', 'Australia/Lord_Howe'), '2026-10-02T20:00:00Z', '2026-10-05T00:00:00Z')).toEqual(
    ['2026-10-03T15:30:00.000Z', '2026-10-04T15:15:00.000Z'],
  );
});

test('a moment that is a slot is its own newest one, and not its next', () => {
  for (const expression of ['0 2 * * *', '0 * * * *']) {
    const table = timetable(expression, 'UTC');
    const slot = new Date('2026-11-21T02:00:00Z');
    expect(table.newest(slot)).toEqual(slot);
    expect(table.newest(new Date(slot.getTime() - 1))!.getTime()).toBeLessThan(slot.getTime());
    expect(table.next(slot)!.getTime()).toBeGreaterThan(slot.getTime());
    expect(table.next(new Date(slot.getTime() - 1))).toEqual(slot);
  }
});

test('seconds, and a day that there is no more of', () => {
  expect(slots(timetable('*/15 0 2 * * *', 'UTC'), '2026-11-21T01:59:00Z', '2026-11-21T02:00:30Z')).toEqual([
    '2026-11-21T02:00:00.000Z',
    '2026-11-21T02:00:15.000Z',
    '2026-11-21T02:00:30.000Z',
  ]);
  expect(timetable('0 2 30 2 *', 'UTC').next(new Date('2026-11-21T00:00:00Z'))).toBeUndefined();
});

test('whatever the moment and the zone: once a day and never twice, in 500 cases', () => {
  const moment = fc.date({ min: new Date('2005-01-01'), max: new Date('2040-01-01'), noInvalidDate: true });
  const zone = fc.constantFrom('Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'America/Sao_Paulo', 'UTC');
  fc.assert(
    fc.property(moment, zone, fc.nat(23), fc.nat(59), (from, timeZone, hour, minute) => {
      const table = timetable(`${minute} ${hour} * * *`, timeZone);
      const newest = table.newest(from)!;
      const next = table.next(from)!;
      expect(newest.getTime()).toBeLessThanOrEqual(from.getTime());
      expect(next.getTime()).toBeGreaterThan(from.getTime());
      expect(table.next(newest)).toEqual(next);
      expect(table.newest(next)).toEqual(next);
      const hours = (next.getTime() - newest.getTime()) / HOUR_MS;
      expect(hours).toBeGreaterThanOrEqual(22);
      expect(hours).toBeLessThanOrEqual(26);
    }),
    { numRuns: 500 },
  );
});

test('what is no expression, or no zone, is refused with the variable that it is from', () => {
  expect(() => timetable('every night')).toThrow(
    expect.objectContaining({ code: 'SETTING_INVALID', message: expect.stringContaining('BACKUP_SCHEDULE') as string }),
  );
  expect(() => timetable('0 2 * * *', 'Europe/Atlantis')).toThrow(
    expect.objectContaining({ code: 'SETTING_INVALID', message: expect.stringContaining('Europe/Atlantis') as string }),
  );
});
