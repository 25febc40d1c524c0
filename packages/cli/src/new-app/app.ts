import { AtrizError } from '@atriz/database';

/** An application that is about to be made: its names, and where its shared database is. */
export interface App {
  /** As given, such as `reports`: the directory below `apps`, and the end of the root's scripts. */
  readonly name: string;
  readonly packageName: string;
  /** The database's name on the server. */
  readonly database: string;
  /** Relative to the root. */
  readonly directory: string;
  /** The directory of `@atriz/core`, relative to the root; absent where the workspace has none. */
  readonly coreDirectory: string | undefined;
  /** What the versions of its dependencies are asked for as, such as `workspace:*`. */
  readonly specifierOf: (dependency: string) => string;
}

/** What of the workspace the new application must not collide with, or follows. */
export interface Surrounding {
  readonly packages: readonly { readonly name: string; readonly directory: string }[];
  readonly databases: readonly string[];
  readonly rootScripts: readonly string[];
  /** Whether something is at `apps/NAME` already. */
  readonly occupied: boolean;
  readonly version: string;
  /** The dependencies of the packages that own a database, by name. */
  readonly specifiers: ReadonlyMap<string, string>;
}

export const CORE = '@atriz/core';

/** What is added to a name; PostgreSQL cuts identifiers after 63 bytes. */
const DATABASE_SUFFIX = '_db';
const LONGEST = 63 - DATABASE_SUFFIX.length;
const NAME = /^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/;

/**
 * Plans what the application is called. Throws `ARGUMENT_INVALID` for a name that npm or PostgreSQL would not take as it
 * stands, and for one that is taken.
 */
export function planApp(name: string, surrounding: Surrounding): App {
  const { packages, databases, rootScripts, occupied, version, specifiers } = surrounding;
  if (!NAME.test(name)) {
    throw invalid(
      `"${name}" is not a name for an application`,
      'use lower-case letters and digits, single hyphens between them, a letter first, such as: pnpm new:app reports',
    );
  }
  if (name.length > LONGEST) {
    throw invalid(`"${name}" is longer than ${LONGEST} characters, so PostgreSQL would cut its database's name`);
  }
  const packageName = `${scopeOf(packages)}${name}`;
  const database = `${name.replaceAll('-', '_')}${DATABASE_SUFFIX}`;
  const directory = `apps/${name}`;
  const taken = [
    occupied ? `${directory} exists` : undefined,
    packages.some((each) => each.name === packageName) ? `there is a package ${packageName}` : undefined,
    databases.includes(database) ? `there is a database "${database}"` : undefined,
    rootScripts.includes(`db:create:${name}`) ? `the root has a script db:create:${name}` : undefined,
  ].find((each) => each !== undefined);
  if (taken !== undefined) throw invalid(`"${name}" is taken: ${taken}`, 'choose another name');
  const local = new Set(packages.map((each) => each.name));
  return {
    name,
    packageName,
    database,
    directory,
    coreDirectory: packages.find((each) => each.name === CORE)?.directory,
    specifierOf: (dependency) => specifiers.get(dependency) ?? (local.has(dependency) ? 'workspace:*' : `^${version}`),
  };
}

/** The scope that most packages have, with its slash; empty where most have none. */
function scopeOf(packages: Surrounding['packages']): string {
  const counts = new Map<string, number>();
  for (const { name } of packages) {
    const scope = /^@[^/]+\//.exec(name)?.[0] ?? '';
    counts.set(scope, (counts.get(scope) ?? 0) + 1);
  }
  return [...counts].toSorted(([, a], [, b]) => b - a)[0]?.[0] ?? '';
}

function invalid(message: string, hint = 'choose a shorter one'): AtrizError {
  return new AtrizError('ARGUMENT_INVALID', message, { hint });
}
