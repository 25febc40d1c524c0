import type { MaintenanceDefinition, ReferenceDefinition } from '@atriz/database';
import { resolveReferences, type FamilyDatabase, type Reference } from '@atriz/database/workspace';
import type { Context } from '../src/context.ts';
import type { FamilyAccess } from '../src/references/session.ts';
import { migration, openPlantation, type Plantation } from './plantation.ts';

/** Several plantations that are one family. Disposing of it disposes of them. */
export interface Orchard extends AsyncDisposable {
  readonly databases: readonly FamilyDatabase[];
  readonly references: readonly Reference[];
  readonly access: FamilyAccess;
  /** The plantation whose database has this name. */
  at(name: string): Plantation;
}

export interface Tree {
  /** What its only migration does. */
  readonly sql: string;
  readonly references?: readonly ReferenceDefinition[];
  readonly maintenance?: MaintenanceDefinition;
  readonly environment?: string;
}

/** Makes and migrates the databases, each depending on those before it. */
export async function openOrchard(trees: Readonly<Record<string, Tree>>, context: Context = {}): Promise<Orchard> {
  await using opened = new AsyncDisposableStack();
  const plantations = new Map<string, Plantation>();
  for (const [name, { sql, references = [], maintenance }] of Object.entries(trees)) {
    const plantation = await openPlantation({
      definition: { name, references, ...(maintenance && { maintenance }) },
      migrations: { '1700000000001_tables.sql': migration(sql) },
      migrated: true,
    });
    plantations.set(name, opened.use(plantation));
  }
  const names = Object.keys(trees);
  const databases = [...plantations.values()].map(({ target }, index): FamilyDatabase =>
    Object.assign({}, target.database, { dependsOn: names.slice(0, index) }),
  );
  const all = opened.move();
  return {
    databases,
    references: resolveReferences(databases),
    access: {
      open: async (name) => plantations.get(name)!.target,
      contextFor: () => context,
    },
    at: (name) => plantations.get(name)!,
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}

/** A reference that cascades, unless something else is said. */
export function refer(
  column: string,
  target: string,
  onDelete: ReferenceDefinition['onDelete'] = 'cascade',
): ReferenceDefinition {
  const parts = column.split('.');
  return { table: parts.slice(0, -1).join('.'), column: parts.at(-1)!, target, onDelete };
}
