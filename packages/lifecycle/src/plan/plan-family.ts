import type { FamilyDatabase } from '@atriz/database/workspace';
import { toProblem, type Problem } from '../status.ts';
import { readDatabaseState, type DatabaseState, type ReadStateOptions } from './database-state.ts';
import { describeMigrations, type Described } from './described.ts';
import type { FamilyPlan, PlannedDatabase } from './family-plan.ts';
import { findFaults, type KnownMigrations } from './faults.ts';
import { requiresAnything, type DatabaseMigrations } from './graph.ts';
import { namesOf, readNodes } from './nodes.ts';
import { refusalsFor } from './planned-findings.ts';
import { numberMigrations } from './planned-order.ts';
import { findRequirementProblems } from './planned-requirements.ts';
import { planSegments } from './segments.ts';

const NO_FAULTS: ReturnType<typeof findFaults> = new Map();

export interface PlanOptions extends ReadStateOptions {
  /** All databases of the family: those that are not chosen may be required. */
  readonly family: readonly FamilyDatabase[];
  /** The workspace's root, where the linter's rules are. */
  readonly root: string;
  /** How many migrations of each database at most. Default: all. */
  readonly count?: number | undefined;
}

/**
 * Reads what `up` would do to the chosen databases, and does nothing: each database is read in a transaction that cannot
 * write. One that does not exist yet, or has no ledger, is planned as empty; one that cannot be asked has that as its
 * problem, and the others are planned without it.
 */
export async function planFamily(databases: readonly FamilyDatabase[], options: PlanOptions): Promise<FamilyPlan> {
  const states = await readStates(databases, options);
  const chosen = databases.map(({ name }) => states.get(name)!);
  const pending = [...states.values()].map((state) =>
    toPending(state, chosen.includes(state) ? options.count : undefined),
  );
  const faults = pending.some(requiresAnything) ? findFaults(pending, await readNames(options.family)) : NO_FAULTS;
  const sound = pending
    .filter(({ name }) => chosen.some(({ database }) => database.name === name))
    .map(({ name, dependsOn, migrations }) => ({ name, dependsOn, migrations: faults.has(name) ? [] : migrations }));
  const surroundings = { places: numberMigrations(planSegments(sound)), states };

  const described = await describeMigrations(surroundings, options.root);
  const problemsOf = (name: string): Problem[] => {
    const fault = faults.get(name);
    return fault ? [toProblem(fault)] : findRequirementProblems(name, surroundings);
  };
  return {
    databases: chosen.map((state) => describeDatabase(state, described, problemsOf(state.database.name))),
    migrations: described.map(({ planned }) => planned),
  };
}

function describeDatabase(
  { database, provider, isProduction, reachable, exists, appliedCount, pending, ...state }: DatabaseState,
  described: readonly Described[],
  ofRequirements: readonly Problem[],
): PlannedDatabase {
  const { name, owner } = database;
  const own = described.filter(({ planned }) => planned.database === name);
  const ofMigrations = own.flatMap(({ problems }) => problems);
  const findings = isProduction ? own.flatMap(({ planned }) => planned.findings) : [];
  const problems = [...state.problems, ...ofRequirements, ...ofMigrations, ...refusalsFor(findings)];
  const names = pending.map((each) => each.name);
  return { name, owner, provider, reachable, exists, applied: appliedCount, pending: names, problems };
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

async function readNames(family: readonly FamilyDatabase[]): Promise<KnownMigrations> {
  const all = await Promise.all(family.map(readNodes));
  return new Map(all.map((each) => [each.name, namesOf(each)]));
}

function requiredBy({ pending }: DatabaseState): string[] {
  return pending.flatMap(({ directives }) => directives.requires.map(({ database }) => database));
}

function toPending({ database, pending }: DatabaseState, count: number | undefined): DatabaseMigrations {
  const { name, dependsOn } = database;
  const migrations = pending
    .slice(0, count)
    .map(({ name, path, directives: { requires, squashes } }) => ({ name, path, requires, squashes }));
  return { name, dependsOn, migrations };
}
