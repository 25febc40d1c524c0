import { AtrizError } from '@atriz/database';
import type { FamilyDatabase } from '@atriz/database/workspace';
import type { Context, Outcome, Target } from '@atriz/lifecycle';
import type { InstanceOutcome } from '@atriz/lifecycle/fleet';
import { EXIT, exitCodeOfError } from '../exit-code.ts';
import { errorDocument } from '../family-command.ts';
import type { Invocation } from '../invocation.ts';
import { openFleet, runFleet, type Fleet } from './fleet.ts';
import { openNamedFleets } from './named-fleets.ts';
import { fleetDocument } from './report.ts';
import { tellFleet } from './tell-fleet.ts';

/** How a command reaches the instances of a definition; one that does not say is about definitions' own databases only. */
export interface FleetReach {
  /** What to type, behind `atriz`, to go on after a failure. */
  readonly command: string;
  /** Only the instances that `--instance` names: for what destroys. */
  readonly named?: boolean;
  /** The tables that a query asks may not be there yet; then there are no instances yet either. */
  readonly beforeMigration?: boolean;
}

export interface FleetCommand<Result extends object> {
  readonly work: (target: Target, context: Context) => Promise<Result>;
  readonly describe: (result: Result) => string;
  /** Lines of what was found in one instance. */
  readonly details?: ((result: Result) => readonly string[]) | undefined;
  /** The exit code of a result that is not simply done. */
  readonly exitCode?: ((result: Result) => number) | undefined;
  readonly reach: FleetReach;
}

/** What became of a definition's instances: for the JSON document, and for the exit code. */
export interface FleetReport {
  readonly document: object;
  readonly exitCode: number;
}

/**
 * Does to the instances what was done to the definitions' own databases, after them, and tells what became of them: one
 * line for each fleet, and one for each instance that failed. A definition whose own database failed or was skipped
 * leaves its instances as they are. With `--instance`, which `outcomes` is empty for, it does it to those instances only.
 *
 * Throws `INSTANCE_UNKNOWN`, before anything is done. Everything else is in the reports, by the database's name.
 */
export async function runFleets<Result extends object>(
  invocation: Invocation,
  outcomes: readonly Outcome<Result>[],
  command: FleetCommand<Result>,
): Promise<ReadonlyMap<string, FleetReport>> {
  const { databases, options } = invocation;
  const reports = new Map<string, FleetReport>();
  if (options.instance !== undefined) {
    for (const fleet of await openNamedFleets(invocation, options.instance)) {
      reports.set(fleet.database.name, await report(invocation, fleet, command));
    }
    return reports;
  }
  if (command.reach.named) return reports;
  for (const database of databases) {
    if (database.instances === undefined) continue;
    const own = outcomes.find((outcome) => outcome.database.name === database.name);
    if (own?.status !== 'done') {
      reports.set(database.name, { document: { instances: [] }, exitCode: EXIT.done });
      continue;
    }
    reports.set(database.name, await openAndReport(invocation, database, command));
  }
  return reports;
}

async function openAndReport<Result extends object>(
  invocation: Invocation,
  database: FamilyDatabase,
  command: FleetCommand<Result>,
): Promise<FleetReport> {
  const { reporter } = invocation;
  try {
    return await report(invocation, await openFleet(invocation, database), command);
  } catch (error) {
    if (command.reach.beforeMigration && isNotThereYet(error)) {
      reporter.progress(database.name, `its instances are not known yet: ${error.message}`);
      return { document: fleetDocument([]), exitCode: EXIT.done };
    }
    reporter.error(error, `instances of ${database.name}`);
    return { document: { instances: [], fleet: { error: errorDocument(error) } }, exitCode: exitCodeOfError(error) };
  }
}

function isNotThereYet(error: unknown): error is AtrizError {
  return error instanceof AtrizError && (error.code === 'NOT_MIGRATED' || error.code === 'DATABASE_MISSING');
}

async function report<Result extends object>(
  invocation: Invocation,
  fleet: Fleet,
  command: FleetCommand<Result>,
): Promise<FleetReport> {
  const start = performance.now();
  const outcomes = await runFleet(invocation, fleet, command.work);
  tellFleet(invocation, fleet, { ...command, outcomes, durationMs: performance.now() - start });
  const codes = outcomes.map((outcome) => codeOf(outcome, command.exitCode));
  const interrupted = invocation.surroundings.signal.aborted || codes.includes(EXIT.interrupted);
  const exitCode = interrupted ? EXIT.interrupted : (codes.find((code) => code !== EXIT.done) ?? EXIT.done);
  return { document: fleetDocument(outcomes), exitCode };
}

/** One that was not begun was kept from it by one that failed before it, which has a code already. */
function codeOf<Result extends object>(
  outcome: InstanceOutcome<Result>,
  exitCode: FleetCommand<Result>['exitCode'],
): number {
  if (outcome.status === 'failed') return exitCodeOfError(outcome.error);
  return outcome.status === 'done' ? (exitCode?.(outcome.result) ?? EXIT.done) : EXIT.done;
}
