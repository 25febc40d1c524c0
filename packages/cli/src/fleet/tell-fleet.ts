import { EXIT } from '../exit-code.ts';
import type { InstanceOutcome } from '@atriz/lifecycle/fleet';
import type { Invocation } from '../invocation.ts';
import { alignColumns, formatDuration, paint, type Cell } from '../output/terminal.ts';
import type { FleetCommand } from './fleet-command.ts';
import type { Fleet } from './fleet.ts';
import { countInstances, nextFleetCommand, summariseFleet } from './report.ts';

const SHOWN = 10;

interface Told<Result extends object> extends Omit<FleetCommand<Result>, 'work'> {
  readonly outcomes: readonly InstanceOutcome<Result>[];
  readonly durationMs: number;
}

/** One line for all instances, and one for each that failed or where something was found, or for each that is. */
export function tellFleet<Result extends object>(
  { reporter, options }: Invocation,
  { database }: Fleet,
  { outcomes, describe, details, exitCode, reach, durationMs }: Told<Result>,
): void {
  const { stdout } = reporter;
  const notable = outcomes.filter(
    (outcome) =>
      outcome.status === 'failed' ||
      (outcome.status === 'done' && (exitCode?.(outcome.result) ?? EXIT.done) !== EXIT.done),
  );
  const shown = options.instances ? outcomes : notable.slice(0, SHOWN);
  const lines = alignColumns(
    stdout,
    shown.map((outcome) => cellsOf(database.name, outcome, describe)),
  );
  for (const [index, outcome] of shown.entries()) {
    reporter.line(lines[index]!);
    if (outcome.status === 'done') for (const each of details?.(outcome.result) ?? []) reporter.line(`  ${each}`);
    if (outcome.status === 'failed') reporter.error(outcome.error, `${database.name}/${outcome.instance.name}`);
  }
  const left = outcomes.some(({ status }) => status !== 'done');
  const [line] = alignColumns(stdout, [
    [
      { text: database.name, style: 'bold' },
      { text: countInstances(outcomes) },
      { text: summariseFleet(outcomes, describe), style: left || notable.length > 0 ? 'red' : 'green' },
      { text: formatDuration(durationMs), style: 'dim' },
    ],
  ]);
  reporter.line(line!);
  if (!options.instances && notable.length > SHOWN) {
    reporter.line(
      paint(stdout, 'dim', `${notable.length - SHOWN} more are not told of here; --instances tells of each`),
    );
  }
  if (!left) return;
  const next = nextFleetCommand(reach.command, database.name, outcomes);
  reporter.line(`${paint(stdout, 'cyan', 'next')} correct what failed, then: ${next}`);
}

function cellsOf<Result>(
  database: string,
  outcome: InstanceOutcome<Result>,
  describe: (result: Result) => string,
): readonly Cell[] {
  const name: Cell = { text: `${database}/${outcome.instance.name}`, style: 'bold' };
  const time: Cell = { text: formatDuration(outcome.durationMs), style: 'dim' };
  switch (outcome.status) {
    case 'done':
      return [name, { text: describe(outcome.result), style: 'green' }, time];
    case 'failed':
      return [name, { text: 'failed', style: 'red' }, time];
    case 'skipped':
      return [name, { text: `not begun, because ${outcome.because}`, style: 'yellow' }];
  }
}
