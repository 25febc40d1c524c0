import type { FamilyDatabase } from '@atriz/database/workspace';
import { refuseUnrunnable } from '../migrations/check-migration.ts';
import { toProblem, type Problem } from '../status.ts';
import { readDatabaseState, type DatabaseState, type ReadStateOptions } from './database-state.ts';
import type { FamilyPlan, PlannedMigration } from './family-plan.ts';
import { findFaults } from './faults.ts';
import type { DatabaseMigrations } from './graph.ts';
import { readNames } from './nodes.ts';
import { numberMigrations, type PlannedPlace } from './planned-order.ts';
import { findRequirementProblems, judgeRequirements, type Surroundings } from './planned-requirements.ts';
import { readPlannedStatements } from './planned-statements.ts';
import { planSegments } from './segments.ts';

export interface PlanOptions extends ReadStateOptions {
  /** All databases of the family: those that are not chosen may be required. */
  readonly family: readonly FamilyDatabase[];
  /** How many migrations of each database at most. Default: all. */
  readonly count?: number | undefined;
}

/**
 * Reads what `up` would do to the chosen databases, and does nothing: each database is read in a transaction that cannot
 * write. One that does not exist yet, or has no ledger, is planned as empty; one that cannot be asked has that as its
 * problem, and the others are planned without it.
 */
export async function planFamily(databases: readonly FamilyDatabase[], options: PlanOptions): Promise<FamilyPlan> {
  const [names, states] = await Promise.all([readNames(options.family), readStates(databases, options)]);
  const chosen = databases.map(({ name }) => states.get(name)!);
  const pending = [...states.values()].map((state) =>
    toPending(state, chosen.includes(state) ? options.count : undefined),
  );
  const faults = findFaults(pending, names);
  const sound = pending
    .filter(({ name }) => chosen.some(({ database }) => database.name === name))
    .map(({ name, dependsOn, migrations }) => ({ name, dependsOn, migrations: faults.has(name) ? [] : migrations }));
  const places = numberMigrations(planSegments(sound));
  const surroundings = { places, states };

  const described = await Promise.all(places.map((place) => describe(place, surroundings)));
  return {
    databases: chosen.map((state) => {
      const { database, provider, reachable, exists, applied } = state;
      const { name, owner } = database;
      const fault = faults.get(name);
      const problems = [
        ...state.problems,
        ...(fault ? [toProblem(fault)] : findRequirementProblems(name, surroundings)),
        ...described.flatMap(({ planned, problem }) => (problem && planned.database === name ? [problem] : [])),
      ];
      const names = state.pending.map((each) => each.name);
      return { name, owner, provider, reachable, exists, applied: applied.size, pending: names, problems };
    }),
    migrations: described.map(({ planned }) => planned),
  };
}

/** The chosen databases, and what is required of others, and what those require in turn. */
async function readStates(
  databases: readonly FamilyDatabase[],
  options: PlanOptions,
): Promise<ReadonlyMap<string, DatabaseState>> {
  const states = new Map<string, DatabaseState>();
  let wanted = databases;
  while (wanted.length > 0) {
    const read = await Promise.all(wanted.map((each) => readDatabaseState(each, options)));
    for (const state of read) states.set(state.database.name, state);
    const required = new Set(read.flatMap(requiredBy));
    wanted = options.family.filter(({ name }) => required.has(name) && !states.has(name));
  }
  return states;
}

function requiredBy({ pending }: DatabaseState): string[] {
  return pending.flatMap(({ directives }) => directives.requires.map(({ database }) => database));
}

function toPending({ database, pending }: DatabaseState, count: number | undefined): DatabaseMigrations {
  const { name, dependsOn } = database;
  const migrations = pending
    .slice(0, count)
    .map((each) => ({ name: each.name, path: each.path, requires: each.directives.requires }));
  return { name, dependsOn, migrations };
}

interface Described {
  readonly planned: PlannedMigration;
  /** What `up` would refuse the migration for. */
  readonly problem: Problem | undefined;
}

async function describe(
  { number, database, node, after }: PlannedPlace,
  surroundings: Surroundings,
): Promise<Described> {
  const migration = surroundings.states.get(database)!.pending.find(({ name }) => name === node.name)!;
  const { name, path, directives } = migration;
  const requires = judgeRequirements(node, surroundings);
  const { noTransaction, lockTimeoutMs } = directives;
  const planned = { number, database, name, path, after, transaction: !noTransaction, lockTimeoutMs, requires };
  try {
    await refuseUnrunnable(migration, 'up');
    return { planned: { ...planned, statements: await readPlannedStatements(migration) }, problem: undefined };
  } catch (error) {
    return { planned: { ...planned, statements: [] }, problem: toProblem(error) };
  }
}
