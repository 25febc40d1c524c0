import { AtrizError } from '@atriz/database';
import type { Family, FamilyDatabase } from '@atriz/database/workspace';

/**
 * The database that has the ledger of the schedule: the one that most others depend on, in whatever number of steps;
 * of several the first in the family's order. Throws `DATABASE_UNKNOWN` for a family without databases.
 */
export function findSharedDatabase({ name, databases }: Pick<Family, 'name' | 'databases'>): FamilyDatabase {
  const dependents = new Map(databases.map((each) => [each.name, 0]));
  for (const database of databases) {
    for (const other of dependenciesOf(database, databases)) dependents.set(other, (dependents.get(other) ?? 0) + 1);
  }
  const [first] = databases.toSorted((one, other) => dependents.get(other.name)! - dependents.get(one.name)!);
  if (first) return first;
  throw new AtrizError('DATABASE_UNKNOWN', `the family ${name} has no database`, { hint: 'make one: atriz new NAME' });
}

function dependenciesOf(database: FamilyDatabase, all: readonly FamilyDatabase[]): ReadonlySet<string> {
  const found = new Set<string>();
  const queue = [...database.dependsOn];
  for (const name of queue) {
    if (found.has(name)) continue;
    found.add(name);
    queue.push(...(all.find((each) => each.name === name)?.dependsOn ?? []));
  }
  return found;
}
