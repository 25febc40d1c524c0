import type { FamilyDatabase } from '@atriz/database/workspace';
import { readNodes } from './nodes.ts';

/** An applied migration whose file says that it requires one that is about to be taken away. */
export interface Dependent {
  /** The definition's name. */
  readonly database: string;
  readonly migration: string;
  readonly requires: { readonly database: string; readonly migration: string };
}

export interface DependentsOptions {
  /** By the definition's name, the migrations that would not be applied any more. */
  readonly leaving: ReadonlyMap<string, ReadonlySet<string>>;
  /** What is applied to a database now. Asked only of those that have a `requires` line about what leaves. */
  readonly readApplied: (database: FamilyDatabase) => Promise<ReadonlySet<string>>;
}

/**
 * Finds what requires migrations that would leave, in the databases that stay as they are; what leaves itself is none.
 */
export async function findDependents(
  databases: readonly FamilyDatabase[],
  { leaving, readApplied }: DependentsOptions,
): Promise<readonly Dependent[]> {
  const found = databases.map(async (database): Promise<readonly Dependent[]> => {
    const { name, migrations } = await readNodes(database);
    const requiring = migrations.flatMap(({ name: migration, requires }) =>
      requires
        .filter((each) => leaving.get(each.database)?.has(each.migration) && !leaving.get(name)?.has(migration))
        .map((each) => ({
          database: name,
          migration,
          requires: { database: each.database, migration: each.migration },
        })),
    );
    if (requiring.length === 0) return [];
    const applied = await readApplied(database);
    return requiring.filter(({ migration }) => applied.has(migration));
  });
  return (await Promise.all(found)).flat();
}
