import type { Cell } from '../output/terminal.ts';
import { plural } from '../output/terminal.ts';
import type { FleetStatus, InstanceStatus } from './fleet-status.ts';
import type { FleetOptions } from './options.ts';

const SHOWN_TROUBLED = 10;

/** The rows of a fleet in the family's table: one for all of it, or one for each instance. Pure. */
export function fleetCells(fleet: FleetStatus, { instances: each = false }: FleetOptions): Cell[][] {
  const { instances, problems } = fleet;
  const pending = instances.filter((instance) => instance.pending.length > 0).length;
  const style = isTroubled(fleet) ? 'red' : pending > 0 ? 'yellow' : 'green';
  const whole: Cell[] = [
    { text: `  ${plural(instances.length, 'instance')}` },
    { text: '' },
    { text: '' },
    { text: '' },
    { text: '' },
    { text: problems[0]?.code ?? summariseStatuses(instances), style },
  ];
  return [whole, ...(each ? instances.map(instanceCells) : [])];
}

function instanceCells(instance: InstanceStatus): Cell[] {
  const { name, reachable, applied, pending, problems } = instance;
  return [
    { text: `  ${name}` },
    { text: '' },
    { text: '' },
    { text: reachable ? String(applied) : '-' },
    { text: reachable ? String(pending.length) : '-' },
    { text: stateOf(instance), style: problems.length > 0 ? 'red' : pending.length > 0 ? 'yellow' : 'green' },
  ];
}

function isTroubled({ problems, instances }: FleetStatus): boolean {
  return problems.length > 0 || instances.some((each) => each.problems.length > 0);
}

/** Those with problems, the first of them unless each was asked for, by names that say where they belong. Pure. */
export function troubled(
  { database, problems, instances }: FleetStatus,
  { instances: each = false }: FleetOptions,
): Pick<InstanceStatus, 'name' | 'problems'>[] {
  const found = instances
    .filter((instance) => instance.problems.length > 0)
    .map((instance) => ({ name: `${database.name}/${instance.name}`, problems: instance.problems }));
  const own = problems.length > 0 ? [{ name: `instances of ${database.name}`, problems }] : [];
  return [...own, ...(each ? found : found.slice(0, SHOWN_TROUBLED))];
}

/** `998 up to date, 2 pending, 1 DATABASE_MISSING`; of an empty fleet `none yet`. Pure. */
export function summariseStatuses(instances: readonly InstanceStatus[]): string {
  if (instances.length === 0) return 'none yet';
  const states = Map.groupBy(instances, stateOf);
  const first = ['up to date', 'pending'].filter((state) => states.has(state));
  const rest = [...states.keys()].filter((state) => !first.includes(state)).toSorted();
  return [...first, ...rest].map((state) => `${states.get(state)!.length} ${state}`).join(', ');
}

/** What ails it most, in one or two words. */
function stateOf({ reachable, pending, problems: [problem] }: InstanceStatus): string {
  if (problem) return problem.code;
  if (!reachable) return 'not asked';
  return pending.length > 0 ? 'pending' : 'up to date';
}
