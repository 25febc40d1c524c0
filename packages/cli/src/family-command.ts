import { AtrizError } from '@atriz/database';
import type { FamilyDatabase } from '@atriz/database/workspace';
import {
  readApplied,
  runInMigrationOrder,
  runOverFamily,
  WHOLE,
  type Context,
  type FamilyRunOptions,
  type OrderedRunOptions,
  type Outcome,
  type Stretch,
  type Target,
} from '@atriz/lifecycle';
import { EXIT, exitCodeOfError } from './exit-code.ts';
import { runAfterFamily, withFleetDocuments } from './fleet/after-family.ts';
import type { FleetReach } from './fleet/fleet-command.ts';
import type { Invocation } from './invocation.ts';
import { describeRemains, nextCommand } from './output/aftermath.ts';
import { alignColumns, formatDuration, paint, plural, type Cell } from './output/terminal.ts';

export interface FamilyCommand<Result extends object> {
  readonly work: (target: Target, context: Context, stretch: Stretch) => Promise<Result>;
  /** For work that applies migrations: it is done in stretches where their `requires` lines ask for it. */
  readonly migrating?: Migrating<Result>;
  /** The line that a person reads, such as `2 migrations applied`. */
  readonly describe: (result: Result) => string;
  /** What was found: lines below it. */
  readonly details?: (result: Result) => readonly string[];
  /** The exit code of a result that is not simply done. With several, the first in dependency order decides. */
  readonly exitCode?: (result: Result) => number;
  readonly order?: FamilyRunOptions<Result>['order'];
  /** Whether it leaves something behind that is worth telling after a failure. Default true. */
  readonly writes?: boolean;
  /** How it reaches the instances of definitions that have some. Default: not at all. */
  readonly reach?: FleetReach | undefined;
  /** What the JSON document says of the run besides; what is undefined is left out. */
  readonly document?: object | undefined;
}

export interface Migrating<Result> extends Pick<OrderedRunOptions<Result>, 'join' | 'count'> {
  /** Whatever is applied now will be undone first. Default false. */
  readonly anew?: boolean;
}

/**
 * Does one thing to each chosen database and tells what became of each, as they end; returns the exit code.
 * With several failures the first in dependency order decides it: the others may only follow from it.
 */
export async function runFamilyCommand<Result extends object>(
  invocation: Invocation,
  {
    work,
    describe,
    migrating,
    details,
    exitCode,
    order = 'dependencies-first',
    writes = true,
    reach,
    document,
  }: FamilyCommand<Result>,
): Promise<number> {
  const { family, reporter, options } = invocation;
  const databases = options.instance === undefined ? invocation.databases : [];
  const start = performance.now();
  const committed = new Map<string, string[]>();
  const widths = [Math.max(0, ...databases.map(({ name }) => name.length)), 32];
  const tell = (outcome: Outcome<Result>): void => {
    const [line] = alignColumns(reporter.stdout, [cellsOf(outcome, describe)], widths);
    reporter.line(line!);
    if (outcome.status === 'done') for (const each of details?.(outcome.result) ?? []) reporter.line(`  ${each}`);
    if (outcome.status === 'failed') reporter.error(outcome.error, outcome.database.name);
  };
  const run = async (database: FamilyDatabase, stretch: Stretch): Promise<Result> => {
    const changes = committed.get(database.name) ?? [];
    committed.set(database.name, changes);
    const context = { ...invocation.contextFor(database), onCommitted: (change: string) => void changes.push(change) };
    return work(await invocation.open(database), context, stretch);
  };
  const outcomes = migrating
    ? await runInMigrationOrder(databases, run, {
        ...migrating,
        family: family.databases,
        readApplied: (database) => readAppliedNow(invocation, database, migrating),
        onOutcome: tell,
      })
    : await runOverFamily(databases, (database) => run(database, WHOLE), { order, onOutcome: tell });
  const fleets = await runAfterFamily(invocation, outcomes, {
    work: (target, context) => work(target, context, WHOLE),
    describe,
    details,
    exitCode,
    reach,
  });
  if (options.json) {
    const toFullDocument = (outcome: Outcome<object>): object => toDocument(outcome, committed);
    const documents = withFleetDocuments(invocation.databases, outcomes, { fleets, toDocument: toFullDocument });
    reporter.json({ run: invocation.runId, ...document, databases: documents });
  } else if (databases.length > 1) {
    reporter.line(paint(reporter.stdout, 'dim', summarise(outcomes, performance.now() - start)));
    if (writes && reach) tellAftermath(invocation, outcomes, { committed, again: reach.command });
  }
  const failure = outcomes.find((outcome) => outcome.status === 'failed');
  if (failure) return exitCodeOfError(failure.error);
  const codes = outcomes.map((each) => (each.status === 'done' ? (exitCode?.(each.result) ?? EXIT.done) : EXIT.done));
  for (const fleet of fleets.values()) codes.push(fleet.exitCode);
  return codes.find((code) => code !== EXIT.done) ?? EXIT.done;
}

async function readAppliedNow(
  invocation: Invocation,
  database: FamilyDatabase,
  { anew = false }: Pick<Migrating<object>, 'anew'>,
): Promise<ReadonlySet<string>> {
  if (anew && invocation.databases.includes(database)) return new Set();
  return (await readApplied(await invocation.open(database), invocation.contextFor(database))) ?? new Set();
}

/** After a failure: what each database has kept of the run, and how to go on. */
function tellAftermath(
  { reporter, runId }: Invocation,
  outcomes: readonly Outcome<object>[],
  { committed, again }: { readonly committed: Committed; readonly again: string },
): void {
  if (outcomes.every(({ status }) => status === 'done')) return;
  const rows = describeRemains(outcomes, committed).map(({ name, text }): Cell[] => [
    { text: name, style: 'bold' },
    { text },
  ]);
  reporter.line('');
  for (const line of alignColumns(reporter.stdout, rows)) reporter.line(line);
  reporter.line(`${paint(reporter.stdout, 'cyan', 'next')} correct what failed, then: ${nextCommand(outcomes, again)}`);
  const isKept = [...committed.values()].some((changes) => changes.length > 0);
  if (isKept) reporter.line(paint(reporter.stdout, 'dim', `run ${runId} (atriz history)`));
}

type Committed = ReadonlyMap<string, readonly string[]>;

function cellsOf<Result extends object>(
  outcome: Outcome<Result>,
  describe: FamilyCommand<Result>['describe'],
): readonly Cell[] {
  const name: Cell = { text: outcome.database.name, style: 'bold' };
  const time: Cell = { text: formatDuration(outcome.durationMs), style: 'dim' };
  switch (outcome.status) {
    case 'done':
      return [name, { text: describe(outcome.result), style: 'green' }, time];
    case 'failed':
      return [name, { text: 'failed', style: 'red' }, time];
    case 'skipped':
      return [name, { text: `skipped, because ${outcome.because}`, style: 'yellow' }];
  }
}

function summarise(outcomes: readonly Outcome<object>[], durationMs: number): string {
  const count = (status: string): number => outcomes.filter((outcome) => outcome.status === status).length;
  const failed = count('failed');
  const skipped = count('skipped');
  const rest = [failed ? `${failed} failed` : '', skipped ? `${skipped} skipped` : ''].filter(Boolean);
  return [`${plural(count('done'), 'database')} done`, ...rest].join(', ') + ` in ${formatDuration(durationMs)}`;
}

/** An outcome as a machine gets it. */
export function toDocument(outcome: Outcome<object>, committed: Committed = new Map()): object {
  const { database, durationMs, status } = outcome;
  const base = { name: database.name, owner: database.owner, status, durationMs: Math.round(durationMs) };
  switch (outcome.status) {
    case 'done':
      return { ...base, ...outcome.result };
    case 'failed':
      return { ...base, committed: committed.get(database.name) ?? [], error: errorDocument(outcome.error) };
    case 'skipped':
      return { ...base, because: outcome.because };
  }
}

/** An error as a machine gets it: never with a stack. */
export function errorDocument(error: unknown): object {
  if (error instanceof AtrizError) {
    return { code: error.code, message: error.message, ...(error.hint === undefined ? {} : { hint: error.hint }) };
  }
  return { code: 'INTERNAL', message: error instanceof Error ? error.message : String(error) };
}
