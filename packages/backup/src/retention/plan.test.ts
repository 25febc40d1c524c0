import fc from 'fast-check';
import { expect, test } from 'vitest';
import { planRetention, type RetentionRules, type RetentionSet } from './plan.ts';

const NOW = new Date('2026-11-21T12:00:00Z');
const DAY_MS = 86_400_000;

function setOf(takenAt: string, rest: Partial<RetentionSet> = {}): RetentionSet {
  return { id: takenAt, takenAt: new Date(takenAt), proven: false, tied: false, complete: true, ...rest };
}

function removedOf(sets: readonly RetentionSet[], rules: RetentionRules): readonly string[] {
  return planRetention(sets, rules, NOW).remove;
}

function newest(list: readonly RetentionSet[]): number {
  return Math.max(...list.map(({ takenAt }) => takenAt.getTime()));
}

const FOUR = ['2026-11-21T02:00:00Z', '2026-11-20T02:00:00Z', '2026-11-11T02:00:00Z', '2025-12-31T02:00:00Z'];

test('days keep what is younger, oldest goes first', () => {
  expect(
    planRetention(
      FOUR.map((each) => setOf(each)),
      { days: 7 },
      NOW,
    ),
  ).toEqual({
    keep: [
      { id: '2026-11-21T02:00:00Z', because: ['the newest', 'younger than 7 d'] },
      { id: '2026-11-20T02:00:00Z', because: ['younger than 7 d'] },
    ],
    remove: ['2025-12-31T02:00:00Z', '2026-11-11T02:00:00Z'],
  });
});

test('the newest set stays however old it is, and so does the newest that is proven', () => {
  const sets = [
    setOf('2026-03-01T02:00:00Z'),
    setOf('2026-02-01T02:00:00Z', { proven: true }),
    setOf(FOUR[3]!, { proven: true }),
  ];
  expect(removedOf(sets, { days: 1 })).toEqual(['2025-12-31T02:00:00Z']);
});

test('a set that a migration is tied to stays, whatever the rules say', () => {
  const sets = [...FOUR.slice(0, 3).map((each) => setOf(each)), setOf(FOUR[3]!, { tied: true })];
  expect(removedOf(sets, { count: 1 })).toEqual(['2026-11-11T02:00:00Z', '2026-11-20T02:00:00Z']);
});

test('what has no manifest goes when nothing was written to it for a day, and counts as no set before that', () => {
  const sets = [
    setOf('2026-11-21T11:00:00Z', { complete: false }),
    setOf('2026-11-20T12:00:00Z', { complete: false }),
    ...FOUR.map((each) => setOf(each)),
  ];
  expect(planRetention(sets, { count: 4 }, NOW)).toEqual({
    keep: [
      { id: '2026-11-21T11:00:00Z', because: ['it may be under way'] },
      { id: FOUR[0], because: ['the newest', 'of the newest 4'] },
      ...FOUR.slice(1).map((id) => ({ id, because: ['of the newest 4'] })),
    ],
    remove: ['2026-11-20T12:00:00Z'],
  });
});

test('a set whose time is yet to come stays, and does not make older ones go', () => {
  const sets = [setOf('2026-11-21T13:00:00Z', { proven: true }), ...FOUR.map((each) => setOf(each))];
  expect(planRetention(sets, { count: 1 }, NOW)).toMatchObject({
    keep: [
      { because: ['its time is yet to come'] },
      { id: '2026-11-21T02:00:00Z', because: ['the newest', 'of the newest 1'] },
    ],
    remove: [FOUR[3], FOUR[2], FOUR[1]],
  });
});

test('without a rule nothing goes', () => {
  expect(
    removedOf(
      FOUR.map((each) => setOf(each)),
      {},
    ),
  ).toEqual([]);
});

test('a rule of zero keeps nothing of its own', () => {
  expect(
    removedOf(
      FOUR.map((each) => setOf(each)),
      { days: 0 },
    ),
  ).toEqual([FOUR[3], FOUR[2], FOUR[1]]);
});

test('grandfather, father and son: the newest of each of the last days, ISO weeks, months and years', () => {
  const hours = ['02', '14'];
  const sets = Array.from({ length: 800 }, (_, day) =>
    hours.map((hour) => setOf(`${new Date(NOW.getTime() - day * DAY_MS).toISOString().slice(0, 10)}T${hour}:00:00Z`)),
  ).flat();
  const { keep } = planRetention(
    sets,
    { daily: 3, weekly: 3, monthly: 3, yearly: 3 },
    new Date('2026-11-21T15:00:00Z'),
  );
  expect(keep).toEqual([
    { id: '2026-11-21T14:00:00Z', because: ['the newest', 'daily', 'weekly', 'monthly', 'yearly'] },
    { id: '2026-11-20T14:00:00Z', because: ['daily'] },
    { id: '2026-11-19T14:00:00Z', because: ['daily'] },
    { id: '2026-11-15T14:00:00Z', because: ['weekly'] }, // a Sunday, the last day of its week
    { id: '2026-11-08T14:00:00Z', because: ['weekly'] },
    { id: '2026-10-31T14:00:00Z', because: ['monthly'] },
    { id: '2026-09-30T14:00:00Z', because: ['monthly'] },
    { id: '2025-12-31T14:00:00Z', because: ['yearly'] },
    { id: '2024-12-31T14:00:00Z', because: ['yearly'] },
  ]);
});

test('a week belongs to the year of its Thursday: the turn of a year does not cut it in two', () => {
  const sets = ['2026-12-31T02:00:00Z', '2027-01-01T02:00:00Z', '2027-01-04T02:00:00Z'].map((each) => setOf(each));
  const { keep } = planRetention(sets, { weekly: 2 }, new Date('2027-01-05T00:00:00Z'));
  expect(keep.map(({ id }) => id)).toEqual(['2027-01-04T02:00:00Z', '2027-01-01T02:00:00Z']);
});

const rule = fc.option(fc.nat(40), { nil: undefined });
const anyRules = fc.record({ days: rule, count: rule, daily: rule, weekly: rule, monthly: rule, yearly: rule });
const anySets = fc
  .array(
    fc.record({
      ageMs: fc.integer({ min: -DAY_MS, max: 900 * DAY_MS }),
      proven: fc.boolean(),
      tied: fc.boolean(),
      complete: fc.boolean(),
    }),
    { maxLength: 60 },
  )
  .map((list): RetentionSet[] =>
    list.map(({ ageMs, ...rest }, index) => ({
      ...rest,
      id: `set-${index}`,
      takenAt: new Date(NOW.getTime() - ageMs),
    })),
  );
const RUNS = { numRuns: 2000 };

test('whatever the sets and rules: 2,000 plans, and none removes what must stay', () => {
  fc.assert(
    fc.property(anySets, anyRules, (sets, rules) => {
      const { keep, remove } = planRetention(sets, rules, NOW);
      expect([...keep.map(({ id }) => id), ...remove].toSorted()).toEqual(sets.map(({ id }) => id).toSorted());
      const gone = sets.filter(({ id }) => remove.includes(id));
      const left = sets.filter(({ id, complete }) => complete && !remove.includes(id));
      const complete = sets.filter((each) => each.complete);
      expect(gone.filter(({ tied, complete: whole }) => tied && whole)).toEqual([]);
      expect(gone.filter((each) => !each.complete && NOW.getTime() - each.takenAt.getTime() < DAY_MS)).toEqual([]);
      expect(newest(left)).toBe(newest(complete));
      expect(newest(left.filter(({ proven }) => proven))).toBe(newest(complete.filter(({ proven }) => proven)));
    }),
    RUNS,
  );
});

test('a plan of what a plan left removes nothing, in 2,000 cases', () => {
  fc.assert(
    fc.property(anySets, anyRules, (sets, rules) => {
      const { remove } = planRetention(sets, rules, NOW);
      const left = sets.filter(({ id }) => !remove.includes(id));
      expect(planRetention(left, rules, NOW).remove).toEqual([]);
    }),
    RUNS,
  );
});

test('a larger rule never removes more, in 2,000 cases', () => {
  const name = fc.constantFrom('days', 'count', 'daily', 'weekly', 'monthly', 'yearly');
  fc.assert(
    fc.property(anySets, anyRules, name, fc.nat(20), (sets, rules, which, more) => {
      const before = { ...rules, [which]: rules[which] ?? 0 };
      const { remove } = planRetention(sets, before, NOW);
      const larger = planRetention(sets, { ...before, [which]: before[which]! + more }, NOW).remove;
      expect(larger.filter((id) => !remove.includes(id))).toEqual([]);
    }),
    RUNS,
  );
});
