import { AtrizError } from '../errors.ts';
import type { WorkspacePackage } from './packages.ts';

/**
 * Sorts packages so that each comes after everything it depends on; packages that do not depend on each other keep
 * the order in which they were given. Throws `DEPENDENCY_CYCLE`, with the path, for a cycle.
 */
export function sortByDependency(packages: readonly WorkspacePackage[]): WorkspacePackage[] {
  const byName = new Map(packages.map((each) => [each.name, each]));
  const sorted = new Set<WorkspacePackage>();
  const visit = (each: WorkspacePackage, path: readonly string[]): void => {
    if (sorted.has(each)) return;
    const start = path.indexOf(each.name);
    if (start !== -1) throw cycle([...path.slice(start), each.name]);
    for (const name of each.dependsOn) visit(byName.get(name)!, [...path, each.name]);
    sorted.add(each);
  };
  for (const each of packages) visit(each, []);
  return [...sorted];
}

/** The names of all packages that `name` depends on, directly or through others. */
export function dependenciesOf(name: string, packages: readonly WorkspacePackage[]): Set<string> {
  const byName = new Map(packages.map((each) => [each.name, each]));
  const found = new Set<string>();
  const visit = (from: string): void => {
    for (const dependency of byName.get(from)?.dependsOn ?? []) {
      if (found.has(dependency)) continue;
      found.add(dependency);
      visit(dependency);
    }
  };
  visit(name);
  return found;
}

function cycle(path: readonly string[]): AtrizError {
  return new AtrizError('DEPENDENCY_CYCLE', `packages depend on each other in a circle: ${path.join(' → ')}`, {
    hint: 'remove one of these dependencies from its package.json',
  });
}
