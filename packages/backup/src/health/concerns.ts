import { AtrizError } from '@atriz/database';
import { CLOCK_TOLERANCE_MS } from '../retention/plan.ts';
import type { SlotRecord } from '../schedule/slot-ledger.ts';
import type { ListedSet } from '../set/list.ts';
import type { BackupSettings } from '../settings/settings.ts';
import type { BackupHealth } from './health.ts';

/** Something about the backups that a person should know. */
export interface Concern {
  /** What it is about, for a machine to decide by. */
  readonly about: 'set' | 'age' | 'proof' | 'size' | 'store' | 'schedule' | 'archive' | 'unfinished' | 'trust' | 'tied';
  /** A problem is to be mended; a note is for knowing. */
  readonly level: 'problem' | 'note';
  readonly message: string;
  readonly hint: string;
}

export interface ConcernSources {
  readonly sets: readonly ListedSet[];
  readonly limits: BackupSettings['limits'];
  /** Why the schedule, or the archive, is not among the facts although there is one. */
  readonly scheduleFailure: unknown;
  readonly archiveFailure: unknown;
}

type Facts = Omit<BackupHealth, 'concerns' | 'state'>;

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const MIB = 1024 * 1024;
/** A slot that is taken later than this was not just about to be. */
const SLOT_GRACE_MS = 10 * MINUTE_MS;

/** What is wrong with what was found. Pure; problems come first. */
export function findConcerns(facts: Facts, sources: ConcernSources): Concern[] {
  const found = [
    ...concernsOfStores(facts),
    ...concernsOfDatabases(facts, sources),
    ...concernsOfSchedule(facts, sources),
    ...concernsOfArchive(facts, sources),
    ...concernsOfSets(facts, sources),
  ];
  return [...found.filter(({ level }) => level === 'problem'), ...found.filter(({ level }) => level === 'note')];
}

function concernsOfStores({ stores }: Facts): Concern[] {
  const hasSets = stores.some(({ hasNewest }) => hasNewest);
  return stores.flatMap(({ place, reachable, error, hasNewest, unfinished }): Concern[] => {
    if (!reachable) {
      const hint = error?.hint ?? 'see that it is there, and that its settings are right';
      return [{ about: 'store', level: 'problem', message: `${place} cannot be read: ${error?.message}`, hint }];
    }
    const concerns: Concern[] = [];
    if (hasSets && !hasNewest) {
      const hint = 'see why: atriz backup create tells of each store that fails';
      concerns.push({ about: 'store', level: 'problem', message: `the newest set is not in ${place}`, hint });
    }
    if (unfinished > 0) {
      const message = `${unfinished} unfinished ${unfinished === 1 ? 'set' : 'sets'} in ${place}: under way, or cut off`;
      const hint = 'those that nothing was written to for a day go with: atriz backup prune';
      concerns.push({ about: 'unfinished', level: 'note', message, hint });
    }
    return concerns;
  });
}

function concernsOfDatabases({ databases }: Facts, { limits }: ConcernSources): Concern[] {
  const { maxAgeHours, rtoMinutes } = limits;
  const hoursOf = (list: Facts['databases']): number =>
    Math.floor(Math.max(...list.map(({ set }) => set!.ageMs)) / HOUR_MS);
  const make = 'make a set: atriz backup create';
  const found: readonly (Pick<Concern, 'about' | 'hint'> & {
    readonly isTrueOf: (database: Facts['databases'][number]) => boolean;
    readonly describe: (names: string, list: Facts['databases']) => string;
  })[] = [
    {
      about: 'set',
      isTrueOf: ({ set }) => set === null,
      describe: (names) => `there is no set of ${names}`,
      hint: make,
    },
    {
      about: 'age',
      isTrueOf: ({ set }) => set !== null && set.ageMs > maxAgeHours * HOUR_MS,
      describe: (names, list) => `the newest set of ${names} is ${hoursOf(list)} h old; the limit is ${maxAgeHours} h`,
      hint: make,
    },
    {
      about: 'age',
      isTrueOf: ({ set }) => set !== null && set.ageMs < -CLOCK_TOLERANCE_MS,
      describe: (names) =>
        `the newest set of ${names} is of a time that is yet to come, so nothing is known of its age`,
      hint: 'put the clocks right, of this machine and of the one that makes the sets',
    },
    {
      about: 'proof',
      isTrueOf: ({ set, proven }) => set !== null && proven === null,
      describe: (names) => `no set of ${names} was ever restored and compared`,
      hint: 'prove the newest: atriz backup drill',
    },
    {
      about: 'proof',
      isTrueOf: ({ proven }) => proven !== null && proven.durationMs > rtoMinutes * MINUTE_MS,
      describe: (names) => `to restore and compare ${names} took longer than the ${rtoMinutes} min of the objective`,
      hint: 'see what takes the time: atriz backup drill; or allow it more: BACKUP_RTO_MINUTES',
    },
  ];
  return found.flatMap(({ about, isTrueOf, describe, hint }): Concern[] => {
    const list = databases.filter(isTrueOf);
    if (list.length === 0) return [];
    const names = list.map(({ name }) => name).join(', ');
    return [{ about, level: 'problem', message: describe(names, list), hint }];
  });
}

function concernsOfSchedule({ schedule }: Facts, { scheduleFailure }: ConcernSources): Concern[] {
  if (scheduleFailure !== undefined) return [unreadable('schedule', scheduleFailure)];
  if (schedule === null) return [];
  const hint = 'see what ran: atriz backup schedule --list';
  const late = schedule.missed.filter(({ slot }) => schedule.now.getTime() - slot.getTime() > SLOT_GRACE_MS);
  const concerns = late.map(({ kind, slot }): Concern => ({
    about: 'schedule',
    level: 'problem',
    message: `the ${kind} of ${slot.toISOString()} was not begun: no scheduler is at work`,
    hint: 'start one: atriz backup schedule',
  }));
  const dead = schedule.led ? [] : schedule.past.filter(({ outcome }) => outcome === null);
  for (const { kind, slot, claimedBy } of dead) {
    const message = `the ${kind} of ${slot.toISOString()} died: ${claimedBy} began it, and is no more`;
    concerns.push({ about: 'schedule', level: 'problem', message, hint: 'have it made up: atriz backup schedule' });
  }
  for (const kind of ['backup', 'drill'] as const) {
    const last = schedule.past.find((each) => each.kind === kind && each.outcome !== null);
    if (last && last.outcome !== 'done') {
      concerns.push({ about: 'schedule', level: 'problem', message: describeSlot(last), hint });
    } else if (last && last.attempts > 1) {
      const message = `the ${kind} of ${last.slot.toISOString()} was made up: its first run was lost`;
      concerns.push({ about: 'schedule', level: 'note', message, hint });
    }
  }
  return concerns;
}

/** A part of the report that is missing from it. */
function unreadable(about: 'schedule' | 'archive', failure: unknown): Concern {
  const reason = failure instanceof Error ? failure.message : String(failure);
  const hint = (failure instanceof AtrizError && failure.hint) || 'see that its database runs';
  return { about, level: 'problem', message: `the ${about} cannot be read: ${reason}`, hint };
}

function concernsOfArchive({ archive }: Facts, { archiveFailure, limits }: ConcernSources): Concern[] {
  if (archiveFailure !== undefined) return [unreadable('archive', archiveFailure)];
  if (archive === null) return [];
  const { stanza, backup, failing, lossSeconds } = archive;
  const hint = 'see what is wrong: atriz backup pgbackrest check';
  if (failing) {
    const message = `the last attempt to archive the log of ${stanza} failed`;
    return [{ about: 'archive', level: 'problem', message, hint }];
  }
  if (backup === null) {
    const make = 'make one: atriz backup pgbackrest backup --type full';
    return [
      { about: 'archive', level: 'problem', message: `the archive of ${stanza} continues no backup`, hint: make },
    ];
  }
  if (lossSeconds !== null && lossSeconds <= limits.rpoMinutes * 60) return [];
  const behind = lossSeconds === null ? 'without a bound' : `by up to ${Math.ceil(lossSeconds)} s`;
  const message = `the archive of ${stanza} may be behind ${behind}; the objective is ${limits.rpoMinutes} min`;
  return [{ about: 'archive', level: 'problem', message, hint }];
}

function describeSlot({ kind, slot, outcome, error }: SlotRecord): string {
  return `the ${kind} of ${slot.toISOString()} ${outcome === 'lost' ? 'was lost' : 'failed'}: ${error}`;
}

function concernsOfSets({ trend, tied }: Facts, { sets }: ConcernSources): Concern[] {
  const concerns: Concern[] = [];
  if (trend?.unusual) {
    const share = Math.round((trend.bytes / trend.medianBytes) * 100);
    const message = `the newest set is ${share} % of what is usual: ${mebibytes(trend.bytes)}, where the ${trend.sets} before it have ${mebibytes(trend.medianBytes)}`;
    const hint = 'see whether rows are missing, or too many: atriz backup show';
    concerns.push({ about: 'size', level: 'problem', message, hint });
  }
  for (const { id, problem } of sets) {
    if (problem === undefined) continue;
    // What cannot be told to be ours is no problem of ours: other families share a store.
    const level = problem.code === 'BACKUP_FOREIGN' ? 'note' : 'problem';
    concerns.push({
      about: 'trust',
      level,
      message: `${id} is of no use: ${problem.message}`,
      hint: problem.hint ?? '',
    });
  }
  if (tied.length > 0) {
    const message = `${tied.length} ${tied.length === 1 ? 'set is' : 'sets are'} kept for undoing a migration: ${tied.join(', ')}`;
    concerns.push({ about: 'tied', level: 'note', message, hint: 'let one go: atriz backup prune --untie SET' });
  }
  return concerns;
}

function mebibytes(bytes: number): string {
  return `${(bytes / MIB).toFixed(1)} MiB`;
}
