import { readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { parse } from 'dotenv';

export type Variables = Readonly<Record<string, string | undefined>>;

/** A variable's value and the place that gave it: the process, or a `.env` file (path relative to the root). */
export interface Setting {
  readonly variable: string;
  readonly value: string;
  readonly from: string;
}

/** Where a variable may be looked for. The process always comes first: files never override it. */
export type Scope = 'process' | 'package' | 'root';

/** The variables that count for one package, each with its source. */
export interface Environment {
  /** The first of `scopes` that sets the variable to something other than the empty string. */
  find(variable: string, scopes: readonly Scope[]): Setting | undefined;
}

export const PROCESS = 'the process';

/** Reads the root's and the package's `.env`; files that do not exist set nothing. Changes no variable. */
export async function readEnvironment(root: string, directory: string, variables: Variables): Promise<Environment> {
  const rootFile = join(root, '.env');
  const packageFile = join(directory, '.env');
  const [rootValues, packageValues] = await Promise.all([readEnvFile(rootFile), readEnvFile(packageFile)]);
  const sources: Readonly<Record<Scope, { readonly values: Variables; readonly from: string }>> = {
    process: { values: variables, from: PROCESS },
    package: { values: packageValues, from: relative(root, packageFile) },
    root: { values: rootValues, from: relative(root, rootFile) },
  };
  return {
    find(variable, scopes) {
      for (const scope of scopes) {
        const { values, from } = sources[scope];
        const value = values[variable];
        if (value) return { variable, value, from };
      }
      return undefined;
    },
  };
}

async function readEnvFile(path: string): Promise<Variables> {
  try {
    return parse(await readFile(path, 'utf8'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {};
    throw error;
  }
}
