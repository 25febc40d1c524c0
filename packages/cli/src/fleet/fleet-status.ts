import type { FamilyDatabase } from '@atriz/database/workspace';
import { readStatus, type DatabaseStatus, type Problem } from '@atriz/lifecycle';
import type { InstanceOutcome } from '@atriz/lifecycle/fleet';
import { errorDocument } from '../family-command.ts';
import type { Invocation } from '../invocation.ts';
import { openFleet, runFleet, type Fleet } from './fleet.ts';
import { openNamedFleets } from './named-fleets.ts';

/** How one instance stands to the files of its definition. */
export interface InstanceStatus extends Pick<DatabaseStatus, 'reachable' | 'applied' | 'pending' | 'problems'> {
  readonly name: string;
}

/** The instances of one definition. */
export interface FleetStatus {
  readonly database: FamilyDatabase;
  /** What hinders reading which instances there are. */
  readonly problems: readonly Problem[];
  readonly instances: readonly InstanceStatus[];
}

/**
 * Reads the state of the instances of the chosen databases that have some; with `--instance` of those that it names.
 * Throws `INSTANCE_UNKNOWN`; what else is wrong is in `problems`.
 */
export async function readFleetStatuses(invocation: Invocation): Promise<FleetStatus[]> {
  const { databases, options } = invocation;
  const statuses: FleetStatus[] = [];
  if (options.instance !== undefined) {
    for (const fleet of await openNamedFleets(invocation, options.instance)) {
      statuses.push(await readFleetStatus(invocation, fleet));
    }
    return statuses;
  }
  for (const database of databases) {
    if (database.instances === undefined) continue;
    try {
      statuses.push(await readFleetStatus(invocation, await openFleet(invocation, database)));
    } catch (error) {
      statuses.push({ database, problems: [toProblem(error)], instances: [] });
    }
  }
  return statuses;
}

async function readFleetStatus(invocation: Invocation, fleet: Fleet): Promise<FleetStatus> {
  const outcomes = await runFleet(invocation, fleet, readStatus);
  return { database: fleet.database, problems: [], instances: outcomes.map(toStatus) };
}

function toStatus(outcome: InstanceOutcome<DatabaseStatus>): InstanceStatus {
  const { name } = outcome.instance;
  if (outcome.status === 'done') {
    const { reachable, applied, pending, problems } = outcome.result;
    return { name, reachable, applied, pending, problems };
  }
  const problems = outcome.status === 'failed' ? [toProblem(outcome.error)] : [];
  return { name, reachable: false, applied: 0, pending: [], problems };
}

function toProblem(error: unknown): Problem {
  return errorDocument(error) as Problem;
}
