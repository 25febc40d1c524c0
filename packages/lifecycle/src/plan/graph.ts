import type { Requirement } from '../migrations/migration-file.ts';

export type { Requirement };

/** A migration as a node of the family's graph. */
export interface MigrationNode {
  /** The file's name without `.sql`. */
  readonly name: string;
  readonly path: string;
  readonly requires: readonly Requirement[];
  /** The names that it had before: those of the migrations that it squashes. */
  readonly squashes?: readonly string[];
}

/** What is to be applied to one database, in the order of its files. Each comes after the one before it. */
export interface DatabaseMigrations {
  /** The definition's name. */
  readonly name: string;
  /** The databases that its package depends on, directly or not: they go first, where no requirement is against it. */
  readonly dependsOn: readonly string[];
  readonly migrations: readonly MigrationNode[];
}

/** A `requires` line between two migrations that are both to be applied. */
export interface Edge {
  readonly from: Place;
  readonly to: Place;
  readonly requirement: Requirement;
}

/** Where a migration stands: its database, and its index among those of the database. */
export interface Place {
  readonly database: DatabaseMigrations;
  readonly index: number;
}

/** The edges that `requires` lines make; a line about a migration that is not to be applied makes none. */
export function edgesOf(databases: readonly DatabaseMigrations[]): Edge[] {
  const places = new Map<string, Place>();
  for (const database of databases) {
    for (const [index, { name, squashes = [] }] of database.migrations.entries()) {
      for (const each of [name, ...squashes]) places.set(labelOf(database.name, each), { database, index });
    }
  }
  return databases.flatMap((database) =>
    database.migrations.flatMap(({ requires }, index) =>
      requires.flatMap((requirement): Edge[] => {
        const to = places.get(labelOf(requirement.database, requirement.migration));
        return to === undefined ? [] : [{ from: { database, index }, to, requirement }];
      }),
    ),
  );
}

/** How a migration is named in a file and in a message: `atriz_shared@1795230060000_create_users`. */
export function labelOf(database: string, migration: string): string {
  return `${database}@${migration}`;
}

export function requiresAnything({ migrations }: DatabaseMigrations): boolean {
  return migrations.some(({ requires }) => requires.length > 0);
}
