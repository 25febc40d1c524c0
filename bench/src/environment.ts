import { mkdtemp } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { runCommand, type CommandResult } from './child-process.ts';
import { openDatabases, type Databases } from './databases.ts';
import type { Programs } from './programs.ts';
import type { RoundsOptions } from './rounds.ts';
import type { ServerAddress } from './server.ts';

/** What a row works with: one server, the programs, a directory of its own, and a way to run whole processes. */
export interface Environment extends Databases {
  readonly server: ServerAddress;
  readonly programs: Programs;
  /** The workspace that this benchmark is part of. */
  readonly workspace: string;
  /** The variables of every process that is run, so that all contestants are told the same. */
  readonly variables: Readonly<Record<string, string>>;
  /** All variables of this process, for what fetches from a registry; nothing that is measured gets them. */
  readonly ambient: Readonly<Record<string, string>>;
  readonly onFigure: NonNullable<RoundsOptions['onFigure']>;
  /** Makes an empty directory, which goes when the benchmark ends. */
  makeDirectory(name: string): Promise<string>;
  /** Runs a whole process; `variables` come on top of the common ones. */
  run(command: readonly [string, ...string[]], options?: RunOptions): Promise<CommandResult>;
  /** The path of a command that npm installed, as a user's shell would find it. */
  bin(name: string): string;
}

export interface RunOptions {
  readonly directory?: string;
  readonly variables?: Readonly<Record<string, string>>;
}

export interface EnvironmentOptions extends Pick<
  Environment,
  'server' | 'programs' | 'workspace' | 'ambient' | 'onFigure'
> {
  /** Where the rows' directories are made. */
  readonly scratch: string;
}

/** What a process needs of this one's variables; the rest could tell a contestant what the others are not told. */
const INHERITED = ['HOME', 'LANG', 'TERM', 'TMPDIR'];

export function createEnvironment(options: EnvironmentOptions): Environment {
  const { server, programs, workspace, ambient, onFigure, scratch } = options;
  const { host, port, user, password } = server;
  const variables = {
    ...Object.fromEntries(INHERITED.flatMap((name) => (ambient[name] ? [[name, ambient[name]]] : []))),
    // Node of this version comes first, for the contestants that are scripts.
    PATH: [dirname(process.execPath), ambient['PATH']].join(delimiter),
    PGHOST: host,
    PGPORT: String(port),
    PGUSER: user,
    PGPASSWORD: password,
    PGSSLMODE: 'disable',
  };
  return {
    ...openDatabases(server),
    server,
    programs,
    workspace,
    variables,
    ambient,
    onFigure,
    makeDirectory: (name) => mkdtemp(join(scratch, `${name}-`)),
    run: (command, { directory = scratch, variables: more = {} } = {}) =>
      runCommand(command, { directory, variables: { ...variables, ...more } }),
    bin: (name) => join(workspace, name === 'atriz' || name === 'turbo' ? '' : 'bench', 'node_modules', '.bin', name),
  };
}
