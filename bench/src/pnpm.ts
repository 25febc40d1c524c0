import { delimiter, dirname } from 'node:path';
import { runCommand } from './child-process.ts';
import type { Environment } from './environment.ts';

export interface Pnpm {
  readonly program: string;
  /** A `PATH` that has pnpm's directory in it, for Turbo, which runs each package's script through pnpm. */
  readonly path: string;
}

/** Finds pnpm in `PATH`, or lets npx fetch it, as the README's commands do; npx needs the settings of this process. */
export async function findPnpm({ ambient, workspace, variables }: Environment): Promise<Pnpm> {
  const find = 'command -v pnpm';
  const command = `${find} || npx --yes --package=pnpm@12 -c '${find}'`;
  const { stdout } = await runCommand(['sh', '-c', command], { directory: workspace, variables: ambient });
  const program = stdout.trim();
  return { program, path: [variables['PATH'], dirname(program)].join(delimiter) };
}
