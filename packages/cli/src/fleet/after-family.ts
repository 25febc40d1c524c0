import { AtrizError } from '@atriz/database';
import type { FamilyDatabase } from '@atriz/database/workspace';
import type { Outcome } from '@atriz/lifecycle';
import type { Invocation } from '../invocation.ts';
import type { FleetCommand, FleetReach, FleetReport } from './fleet-command.ts';

export type FleetReports = ReadonlyMap<string, FleetReport>;

/**
 * Does to instances what was done to the definitions' own databases; see `runFleets`. What is about instances is loaded
 * only where a definition has some.
 */
export async function runAfterFamily<Result extends object>(
  invocation: Invocation,
  outcomes: readonly Outcome<Result>[],
  { reach, ...command }: Omit<FleetCommand<Result>, 'reach'> & { readonly reach: FleetReach | undefined },
): Promise<FleetReports> {
  const { databases, options } = invocation;
  if (reach === undefined && options.instance !== undefined) {
    throw new AtrizError('ARGUMENT_INVALID', 'this is not about instances', { hint: 'leave --instance out' });
  }
  if (reach === undefined) return new Map();
  if (options.instance === undefined && databases.every(({ instances }) => instances === undefined)) return new Map();
  const { runFleets } = await import('./fleet-command.ts');
  return runFleets(invocation, outcomes, { ...command, reach });
}

/** The documents of a run, in the family's order; a database of which only instances were asked for has little else. */
export function withFleetDocuments<Result>(
  databases: readonly FamilyDatabase[],
  outcomes: readonly Outcome<Result>[],
  { fleets, toDocument }: { readonly fleets: FleetReports; readonly toDocument: (outcome: Outcome<Result>) => object },
): object[] {
  return databases.flatMap((database) => {
    const { name, owner } = database;
    const outcome = outcomes.find((each) => each.database.name === name);
    const fleet = fleets.get(name)?.document;
    return outcome || fleet ? [{ ...(outcome ? toDocument(outcome) : { name, owner }), ...fleet }] : [];
  });
}
