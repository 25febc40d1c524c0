const DAY_MS = 86_400_000;
/** Thursday decides which year a week of ISO 8601 belongs to. */
const THURSDAY = 4;

/** Clocks of machines that are kept right differ by less. */
export const CLOCK_TOLERANCE_MS = 5 * 60_000;

/** A set as retention sees it. */
export interface RetentionSet {
  readonly id: string;
  /** For an unfinished one: when something was last written to it. */
  readonly takenAt: Date;
  /** Restored once, and found to be what its manifest says. */
  readonly proven: boolean;
  /** A migration is undone with it. */
  readonly tied: boolean;
  /** False without a manifest: under way, cut off, or half removed. */
  readonly complete: boolean;
}

/**
 * What to keep; a set stays when one of them says so. With none of them every set stays. Periods are those of UTC, and
 * only the ones that have a set are counted.
 */
export interface RetentionRules {
  /** Sets younger than so many times 24 hours. */
  readonly days?: number | undefined;
  /** The newest so many. */
  readonly count?: number | undefined;
  /** The newest of each of the last so many days. */
  readonly daily?: number | undefined;
  /** The newest of each of the last so many weeks of ISO 8601. */
  readonly weekly?: number | undefined;
  /** The newest of each of the last so many months. */
  readonly monthly?: number | undefined;
  /** The newest of each of the last so many years. */
  readonly yearly?: number | undefined;
}

export interface RetentionPlan {
  /** Newest first, with each reason that keeps it. */
  readonly keep: readonly { readonly id: string; readonly because: readonly string[] }[];
  /** Oldest first, which is the order of their removal. */
  readonly remove: readonly string[];
}

/**
 * Decides which sets of one store go. Never among them: the newest set, the newest of those that are proven, a set that
 * is tied to a migration, and an unfinished one that was written to in the last 24 hours, since it may be under way.
 * One whose time is yet to come was made by a clock that is wrong: it stays too, and counts for none of the others.
 *
 * What stays is decided by the same rules in the same way again: a second plan, of what the first one left, removes nothing.
 */
export function planRetention(sets: readonly RetentionSet[], rules: RetentionRules, now: Date): RetentionPlan {
  const newestFirst = sets.toSorted((a, b) => b.takenAt.getTime() - a.takenAt.getTime() || (a.id < b.id ? 1 : -1));
  const isToCome = (set: RetentionSet): boolean => set.takenAt.getTime() > now.getTime() + CLOCK_TOLERANCE_MS;
  const complete = newestFirst.filter((set) => set.complete && !isToCome(set));
  const reasons = new Map<string, string[]>(sets.map(({ id }) => [id, []]));
  const keep = (set: RetentionSet | undefined, because: string): void =>
    void (set && reasons.get(set.id)!.push(because));

  const oldestMoment = now.getTime() - (rules.days ?? 0) * DAY_MS;
  for (const set of newestFirst) {
    if (set.complete && isToCome(set)) keep(set, 'its time is yet to come');
    if (!set.complete && now.getTime() - set.takenAt.getTime() < DAY_MS) keep(set, 'it may be under way');
  }
  keep(complete[0], 'the newest');
  keep(
    complete.find(({ proven }) => proven),
    'the newest that is proven',
  );
  for (const set of complete) {
    if (set.tied) keep(set, 'tied to a migration');
    if (rules.days !== undefined && set.takenAt.getTime() > oldestMoment) keep(set, `younger than ${rules.days} d`);
    if (Object.values(rules).every((rule) => rule === undefined)) keep(set, 'no rule removes it');
  }
  for (const set of complete.slice(0, rules.count ?? 0)) keep(set, `of the newest ${rules.count}`);
  for (const { name, periodOf } of PERIODS) {
    for (const set of newestOfPeriods(complete, { count: rules[name] ?? 0, periodOf })) keep(set, name);
  }
  return {
    keep: newestFirst.flatMap(({ id }) => (reasons.get(id)!.length > 0 ? [{ id, because: reasons.get(id)! }] : [])),
    remove: newestFirst.flatMap(({ id }) => (reasons.get(id)!.length > 0 ? [] : [id])).toReversed(),
  };
}

interface Period {
  readonly name: 'daily' | 'weekly' | 'monthly' | 'yearly';
  /** The same text for moments of the same period. */
  readonly periodOf: (moment: Date) => string;
}

const PERIODS: readonly Period[] = [
  { name: 'daily', periodOf: (moment) => moment.toISOString().slice(0, 10) },
  { name: 'weekly', periodOf: weekOf },
  { name: 'monthly', periodOf: (moment) => moment.toISOString().slice(0, 7) },
  { name: 'yearly', periodOf: (moment) => moment.toISOString().slice(0, 4) },
];

function newestOfPeriods(
  newestFirst: readonly RetentionSet[],
  { count, periodOf }: { readonly count: number; readonly periodOf: Period['periodOf'] },
): readonly RetentionSet[] {
  const newest = new Map<string, RetentionSet>();
  for (const set of newestFirst) {
    const period = periodOf(set.takenAt);
    if (newest.has(period)) continue;
    if (newest.size >= count) break;
    newest.set(period, set);
  }
  return [...newest.values()];
}

/** The Thursday of the moment's week, which names the week: two weeks never share one. */
function weekOf(moment: Date): string {
  const day = Math.floor(moment.getTime() / DAY_MS);
  const weekday = moment.getUTCDay() || 7;
  return new Date((day + THURSDAY - weekday) * DAY_MS).toISOString().slice(0, 10);
}
