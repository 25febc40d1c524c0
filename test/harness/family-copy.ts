import { cp, readdir, realpath, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { embeddedParameters, readServerFile } from '@atriz/database/workspace';
import { REPOSITORY, runAtriz, startAtriz, type CommandResult, type RunningCommand } from './command.ts';
import { serverAt, type Server } from './server.ts';
import { linkPackage, makeRoot, type RunOptions } from './workspace.ts';

/** The packages that own a database, as they lie in the repository. */
export const OWNERS = ['packages/core', 'apps/atriz', 'apps/mextrack', 'apps/pshop'];

const LEFT_OUT = new Set(['node_modules', '.env', 'test', '.turbo']);

/** A copy of this repository's own family, with an embedded server of its own. */
export interface FamilyCopy extends AsyncDisposable {
  readonly root: string;
  /** Runs the command at the root, or in the package whose path `in` gives. */
  atriz(args: readonly string[], options?: RunOptions): Promise<CommandResult>;
  start(args: readonly string[], options?: RunOptions): RunningCommand;
  /** The embedded server, once a command has started it. */
  server(): Promise<Server>;
}

/** Copies the family as a clone has it. Disposing of it stops its server. */
export async function copyFamily(): Promise<FamilyCopy> {
  const root = await makeRoot();
  await writeFile(join(root, 'package.json'), JSON.stringify({ name: 'atriz', private: true, type: 'module' }));
  await writeFile(join(root, 'pnpm-workspace.yaml'), 'packages:\n  - packages/*\n  - apps/*\n');
  await cp(join(REPOSITORY, '.squawk.toml'), join(root, '.squawk.toml'));
  for (const path of OWNERS) {
    const filter = (source: string): boolean => !LEFT_OUT.has(basename(source));
    await cp(join(REPOSITORY, path), join(root, path), { recursive: true, filter });
  }
  await linkPackage(root, '@atriz/database', join(REPOSITORY, 'packages/database'));
  await linkPackage(root, '@atriz/core', join(root, 'packages/core'));
  await linkPackage(root, 'bcryptjs', await realpath(join(REPOSITORY, 'packages/core/node_modules/bcryptjs')));
  const optionsOf = ({ in: path = '.', env = {} }: RunOptions = {}) => ({ cwd: join(root, path), env });
  return {
    root,
    atriz: (args, options) => runAtriz(args, optionsOf(options)),
    start: (args, options) => startAtriz(args, optionsOf(options)),
    async server() {
      const file = await readServerFile(root);
      if (!file) throw new Error('no embedded server was started yet');
      return serverAt(embeddedParameters(file, 'postgres'));
    },
    async [Symbol.asyncDispose]() {
      await runAtriz(['stop'], { cwd: root });
      await rm(root, { recursive: true, force: true });
    },
  };
}

/** How many migrations a package has. */
export async function countMigrations(path: string): Promise<number> {
  return (await readdir(join(REPOSITORY, path, 'migrations'))).filter((name) => name.endsWith('.sql')).length;
}
