import { access } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { defineDatabase, type DatabaseDefinition, type Definition } from '../definition.ts';
import { AtrizError } from '../errors.ts';
import { loadModule } from '../load-module.ts';
import { dependenciesOf, sortByDependency } from './order.ts';
import { readPackages, readRootName, type WorkspacePackage } from './packages.ts';
import { resolveReferences } from './references.ts';

/** A database of the family: its definition, and the package that owns it. */
export interface FamilyDatabase extends Definition {
  /** The owning package's name, such as `@atriz/core`. */
  readonly owner: string;
  /** The owning package's directory, absolute. */
  readonly directory: string;
  /** The names of the family's databases that must be dealt with before this one. */
  readonly dependsOn: readonly string[];
}

/** All the databases declared in one workspace. */
export interface Family {
  /** The workspace's name, from the root's `package.json`. */
  readonly name: string;
  readonly root: string;
  /** In dependency order: each database comes after those that it depends on. */
  readonly databases: readonly FamilyDatabase[];
}

const CONFIG_FILE = 'database.config.ts';

/**
 * Reads every `database.config.ts` of the workspace. Two databases stand in order when their packages depend on each
 * other, directly or through packages without a database.
 *
 * Throws `DEFINITION_INVALID` (with the file), `DATABASE_DUPLICATE` (with both packages), `DEPENDENCY_CYCLE`.
 */
export async function readFamily(root: string): Promise<Family> {
  const [name, packages] = await Promise.all([readRootName(root, 'workspace'), readPackages(root)]);
  const declared = await Promise.all(packages.map((each) => readDeclared(root, each)));
  const definitions = new Map(declared.filter((each) => each !== undefined));
  refuseDuplicates(definitions);

  const owners = relevantPackages([...definitions.keys()], packages);
  const databases = sortByDependency(owners).flatMap((each): FamilyDatabase[] => {
    const definition = definitions.get(each.name);
    if (definition === undefined) return [];
    const dependencies = dependenciesOf(each.name, packages);
    const dependsOn = [...definitions].filter(([owner]) => dependencies.has(owner)).map(([, { name }]) => name);
    return [{ ...definition, owner: each.name, directory: each.directory, dependsOn }];
  });
  resolveReferences(databases); // a reference that leads nowhere is an error of every command, not of one
  return { name, root, databases };
}

async function readDeclared(root: string, owner: WorkspacePackage): Promise<[string, Definition] | undefined> {
  const path = join(owner.directory, CONFIG_FILE);
  try {
    await access(path);
  } catch {
    return undefined; // a package without a database
  }
  return [owner.name, await readDefinition(path, relative(root, path))];
}

async function readDefinition(path: string, shownPath: string): Promise<Definition> {
  try {
    const { default: definition } = await loadModule(path);
    return defineDatabase((definition ?? {}) as DatabaseDefinition);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new AtrizError('DEFINITION_INVALID', `${shownPath}: ${reason}`, {
      hint: 'it must say: export default defineDatabase({ name: "…" })',
      cause: error,
    });
  }
}

function refuseDuplicates(definitions: ReadonlyMap<string, Definition>): void {
  const owners = new Map<string, string>();
  for (const [owner, { name }] of definitions) {
    const first = owners.get(name);
    if (first !== undefined) {
      throw new AtrizError('DATABASE_DUPLICATE', `database "${name}" is defined by ${first} and by ${owner}`, {
        hint: 'give one of them another name in its database.config.ts',
      });
    }
    owners.set(name, owner);
  }
}

/** The owners and what they depend on: a cycle elsewhere in the workspace is no business of ours. */
function relevantPackages(owners: readonly string[], packages: readonly WorkspacePackage[]): WorkspacePackage[] {
  const relevant = new Set(owners.flatMap((owner) => [owner, ...dependenciesOf(owner, packages)]));
  return packages.filter(({ name }) => relevant.has(name));
}
