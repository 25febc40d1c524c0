import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { AtrizError } from '@atriz/database';
import { readFamily } from '@atriz/database/workspace';
import type { App } from './app.ts';
import { codeFiles } from './code-template.ts';
import { databaseFiles } from './database-template.ts';
import { packageFiles } from './package-template.ts';
import { addEnvLine, addRootScripts } from './wiring.ts';

export interface MakeOptions {
  readonly now: number;
  /** Links the package and writes the lockfile; called last. */
  readonly install: () => Promise<void>;
}

export interface Made {
  /** The new files, relative to the application's directory. */
  readonly files: readonly string[];
  /** The files of the root that were changed. */
  readonly edited: readonly string[];
}

const EDITS: Readonly<Record<string, (text: string, app: App) => string>> = {
  'package.json': addRootScripts,
  'env.example': addEnvLine,
};
/** What `install` writes, and is put back with the rest. */
const LOCKFILE = 'pnpm-lock.yaml';

/** All files of the application, by path. Pure. */
export function planFiles(app: App, now: number): Readonly<Record<string, string>> {
  return { ...packageFiles(app), ...databaseFiles(app, now), ...codeFiles(app) };
}

/**
 * Makes the application and wires it into the root. All or nothing: when a step fails, its directory goes again and the
 * root's files are as they were; the first error is thrown.
 *
 * Throws `DEFINITION_INVALID` when the workspace does not take the directory for a package, and what `install` throws.
 */
export async function makeApp(root: string, app: App, { now, install }: MakeOptions): Promise<Made> {
  const directory = join(root, app.directory);
  const files = planFiles(app, now);
  const before = await readTexts(root, [...Object.keys(EDITS), LOCKFILE]);
  const undo = async (): Promise<void> => {
    await rm(directory, { recursive: true, force: true });
    for (const [name, text] of before) await replaceFile(join(root, name), text);
  };
  try {
    for (const [path, text] of Object.entries(files)) {
      await mkdir(dirname(join(directory, path)), { recursive: true });
      await writeFile(join(directory, path), text, { flag: 'wx' });
    }
    for (const [name, edit] of Object.entries(EDITS)) {
      const text = before.get(name);
      if (text !== undefined) await replaceFile(join(root, name), edit(text, app));
    }
    await install();
    await requireMember(root, app);
    const after = await readTexts(root, [...before.keys()]);
    const edited = [...before.keys()].filter((name) => after.get(name) !== before.get(name));
    return { files: Object.keys(files), edited };
  } catch (error) {
    await undo().catch(() => undefined); // the first error says more
    throw error;
  }
}

async function requireMember(root: string, { packageName, database, directory }: App): Promise<void> {
  const { databases } = await readFamily(root);
  if (databases.some(({ name, owner }) => name === database && owner === packageName)) return;
  throw new AtrizError('DEFINITION_INVALID', `pnpm-workspace.yaml does not take ${directory} for a package`, {
    hint: 'add apps/* to its packages',
  });
}

async function readTexts(root: string, names: readonly string[]): Promise<Map<string, string>> {
  const texts = new Map<string, string>();
  for (const name of names) {
    const text = await readFile(join(root, name), 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined;
      throw error;
    });
    if (text !== undefined) texts.set(name, text);
  }
  return texts;
}

/** Whole or not at all, for whoever reads it meanwhile. */
async function replaceFile(path: string, text: string): Promise<void> {
  const temporary = `${path}.${process.pid}.tmp`;
  await writeFile(temporary, text);
  await rename(temporary, path);
}
