import type { AtrizError } from '@atriz/database';
import type { FamilyDatabase } from '@atriz/database/workspace';
import { findFaults } from './faults.ts';
import type { DatabaseMigrations } from './graph.ts';
import { namesOf, readNodes } from './nodes.ts';
import { followsPackages, planSegments, type Segment } from './segments.ts';

export interface MigrationOrderOptions {
  /** All databases of the family: those that are not chosen may be required. */
  readonly family: readonly FamilyDatabase[];
  /** The names of what is applied to a database now. Asked only where the files ask for an order of their own. */
  readonly readApplied: (database: FamilyDatabase) => Promise<ReadonlySet<string>>;
  /** How many migrations of each database are to be applied at most. Default: all. */
  readonly count?: number | undefined;
}

export interface MigrationOrder {
  /** In order; each of the chosen databases has at least one. */
  readonly segments: readonly Segment[];
  /** What is wrong with the `requires` lines, by database: nothing is to be applied to it. */
  readonly faults: ReadonlyMap<string, AtrizError>;
}

/**
 * Decides in which order the pending migrations of the chosen databases are applied. Resolves to `undefined` where that
 * is the order of packages, which is told from the files alone, without asking a server.
 */
export async function readMigrationOrder(
  chosen: readonly DatabaseMigrations[],
  { family, readApplied, count }: MigrationOrderOptions,
): Promise<MigrationOrder | undefined> {
  const others = family.filter(({ name }) => !chosen.some((each) => each.name === name));
  const all = [...chosen, ...(await Promise.all(others.map(readNodes)))];
  const names = new Map(all.map((each) => [each.name, namesOf(each)]));
  if (findFaults(all, names).size === 0 && followsPackages(planSegments(chosen), chosen)) return undefined;

  const pending = await Promise.all(
    reachedFrom(chosen, all).map(async ({ name, dependsOn, migrations }): Promise<DatabaseMigrations> => {
      const applied = await readApplied(family.find((each) => each.name === name)!).catch(() => new Set<string>());
      const left = migrations.filter((each) => !applied.has(each.name));
      return { name, dependsOn, migrations: isOneOf(chosen, name) ? left.slice(0, count) : left };
    }),
  );
  const faults = findFaults(pending, names);
  const sound = pending
    .filter(({ name }) => isOneOf(chosen, name))
    .map(({ name, dependsOn, migrations }) => ({ name, dependsOn, migrations: faults.has(name) ? [] : migrations }));
  return { segments: planSegments(sound), faults };
}

function isOneOf(databases: readonly DatabaseMigrations[], name: string): boolean {
  return databases.some((each) => each.name === name);
}

/** Those, and all that their migrations require, directly or not. */
function reachedFrom(start: readonly DatabaseMigrations[], all: readonly DatabaseMigrations[]): DatabaseMigrations[] {
  const reached = new Set(start);
  for (const { migrations } of reached) {
    const required = new Set(migrations.flatMap(({ requires }) => requires.map(({ database }) => database)));
    for (const each of all) if (required.has(each.name)) reached.add(each);
  }
  return [...reached];
}
