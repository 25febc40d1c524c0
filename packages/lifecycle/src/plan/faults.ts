import { AtrizError } from '@atriz/database';
import { findCircles } from './circles.ts';
import {
  labelOf,
  type DatabaseMigrations,
  type Edge,
  type MigrationNode,
  type Place,
  type Requirement,
} from './graph.ts';

/** The names of a database's migrations, by its definition's name: the family as `requires` lines may speak of it. */
export type KnownMigrations = ReadonlyMap<string, readonly string[]>;

/**
 * Finds what is wrong with the `requires` lines of migrations that are to be applied, at most one error for each
 * database: `REQUIREMENT_UNKNOWN`, with file and line of every name that does not exist, else `REQUIREMENT_CYCLE`, with
 * the path, for each database of a circle.
 */
export function findFaults(databases: readonly DatabaseMigrations[], known: KnownMigrations): Map<string, AtrizError> {
  const faults = new Map<string, AtrizError>();
  for (const circle of findCircles(databases)) {
    for (const { from } of circle) faults.set(from.database.name, circleError(circle));
  }
  for (const { name, migrations } of databases) {
    const unknown = migrations.flatMap((migration) =>
      migration.requires.filter(isUnknown(known)).map((requirement) => ({ migration, requirement })),
    );
    if (unknown.length > 0) faults.set(name, unknownError(unknown, known));
  }
  return faults;
}

const isUnknown =
  (known: KnownMigrations) =>
  ({ database, migration }: Requirement): boolean =>
    !known.get(database)?.includes(migration);

function unknownError(
  unknown: readonly { readonly migration: MigrationNode; readonly requirement: Requirement }[],
  known: KnownMigrations,
): AtrizError {
  const facts = unknown.map(({ migration: { path }, requirement: { database, migration, line } }) => {
    const missing = known.has(database)
      ? `${database} has no migration of that name`
      : 'there is no such database in this workspace';
    return `${path}:${line}: it requires ${labelOf(database, migration)}, but ${missing}`;
  });
  return new AtrizError('REQUIREMENT_UNKNOWN', facts.join('\n'), { hint: remedy(unknown[0]!.requirement, known) });
}

function remedy({ database, migration }: Requirement, known: KnownMigrations): string {
  const names = known.get(database);
  if (names === undefined) return `name a database by its definition: ${[...known.keys()].join(', ')}`;
  const wanted = migration.replace(/\.sql$/, '');
  const title = wanted.replace(/^\d+_/, '');
  const similar = names.find(
    (name) => name === wanted || name.slice(0, 13) === wanted.slice(0, 13) || name.replace(/^\d+_/, '') === title,
  );
  if (similar !== undefined) return `write ${labelOf(database, similar)}`;
  const newest = names.at(-1);
  return newest === undefined
    ? `${database} has no migrations yet`
    : `write the file's name without .sql, such as ${labelOf(database, newest)}`;
}

function circleError(circle: readonly Edge[]): AtrizError {
  return new AtrizError('REQUIREMENT_CYCLE', describeCircle(circle), {
    hint: 'take one of these lines out, or move what it is about into a migration of its own',
  });
}

/** The path, and below it a line for each step: `a@1 → b@2 → a@1`. */
function describeCircle(circle: readonly Edge[]): string {
  const path: string[] = [];
  const steps: string[] = [];
  for (const [index, { from, to, requirement }] of circle.entries()) {
    const [start, target] = [labelAt(from), labelAt(to)];
    const next = circle[(index + 1) % circle.length]!.from;
    if (path.at(-1) !== start) path.push(start);
    path.push(target);
    steps.push(`  ${from.database.migrations[from.index]!.path}:${requirement.line} requires ${target}`);
    if (next.index !== to.index) steps.push(`  ${target} comes after ${labelAt(next)}`);
  }
  if (path.at(-1) !== path[0]) path.push(path[0]!);
  return `migrations wait for each other in a circle: ${path.join(' → ')}\n${steps.join('\n')}`;
}

function labelAt({ database, index }: Place): string {
  return labelOf(database.name, database.migrations[index]!.name);
}
