import type { Definition } from '@atriz/database';

/** What of a `package.json` counts here. */
export interface Manifest {
  readonly name?: string;
  readonly scripts?: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly engines?: Readonly<Record<string, string>>;
}

/** A package that owns a database. */
export interface Owner {
  /** Its package name. */
  readonly name: string;
  /** Relative to the root. */
  readonly directory: string;
  readonly manifest: Manifest;
  readonly definition: Definition;
  /** The databases that come before it, by the packages' dependencies. */
  readonly dependsOn: readonly string[];
  /** The texts of its migrations and seeds, by path relative to the root. */
  readonly migrations: ReadonlyMap<string, string>;
  readonly seeds: ReadonlyMap<string, string>;
  /** Whether `src/schema.ts` is there. */
  readonly hasTypes: boolean;
  /** The package's own `turbo.json`, which changes the root's tasks for it. */
  readonly turbo: TurboSettings | undefined;
}

export interface TurboTask {
  readonly cache?: boolean;
  readonly dependsOn?: readonly string[];
  readonly env?: readonly string[];
  readonly passThroughEnv?: readonly string[];
}

export interface TurboSettings {
  readonly envMode?: string;
  readonly globalEnv?: readonly string[];
  readonly globalPassThroughEnv?: readonly string[];
  readonly tasks?: Readonly<Record<string, TurboTask>>;
}

/** A package whose code is built: what is imported is not what is edited. */
export interface Built {
  readonly name: string;
  /** The file that its exports name and is not there, if there is one; relative to the root. */
  readonly missing: string | undefined;
  /** When its newest source was written, and when it was built last; in ms. */
  readonly sourceMs: number;
  readonly builtMs: number;
}

/** What was read of the workspace: the checks decide by it alone. */
export interface Facts {
  readonly root: Manifest;
  readonly owners: readonly Owner[];
  /** Absent where there is no `turbo.json`. */
  readonly turbo: TurboSettings | undefined;
  readonly builds: readonly Built[];
  /** Of the paths that must not get into git, those that would, and those that did; `undefined` without git. */
  readonly exposed: readonly { readonly path: string; readonly tracked: boolean }[] | undefined;
  /** The version of the Node that runs this, such as `24.1.0`. */
  readonly nodeVersion: string;
}

/** The tasks that Turbo runs for each database. */
export const TASKS = ['db:create', 'db:migrate', 'db:seed', 'db:clean', 'db:reset'] as const;
