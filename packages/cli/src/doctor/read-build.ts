import { access, readdir, readFile, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { WorkspacePackage } from '@atriz/database/workspace';
import type { Built } from './facts.ts';

const TEST = /\.test\.[cm]?ts$/;
const SOURCE = /\.[cm]?tsx?$/;
const JAVASCRIPT = /\.[cm]?js$/;

/** How a package's build stands to its sources; `undefined` for one that has none. */
export async function readBuild(root: string, { name, directory }: WorkspacePackage): Promise<Built | undefined> {
  const manifest = JSON.parse(await readFile(join(directory, 'package.json'), 'utf8')) as Record<string, unknown>;
  const built = filesOf([manifest['exports'], manifest['main']]).filter((path) => path.startsWith('./dist/'));
  const ships = filesOf(manifest['files']).includes('dist');
  if (built.length === 0 && !ships) return undefined;
  const present = await Promise.all(built.map((path) => exists(join(directory, path))));
  const missing = built.find((_, index) => !present[index]);
  const [sourceMs, builtMs] = await Promise.all([newest(join(directory, 'src')), newest(join(directory, 'dist'))]);
  return {
    name,
    missing: missing === undefined ? undefined : join(relative(root, directory), missing),
    sourceMs,
    builtMs,
  };
}

/** The paths that an `exports` ends in, whatever its conditions. */
function filesOf(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(filesOf) : [];
}

/** When the newest source, or the newest JavaScript of a build, was written; 0 when there is none. */
async function newest(directory: string): Promise<number> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true }).catch(() => []);
  const isBuild = directory.endsWith('dist');
  const files = entries.filter(({ name, parentPath }) =>
    isBuild ? JAVASCRIPT.test(name) : SOURCE.test(name) && !TEST.test(name) && !parentPath.includes('fixtures'),
  );
  const times = await Promise.all(
    files.map(async ({ parentPath, name }) => (await stat(join(parentPath, name))).mtimeMs),
  );
  return times.reduce((a, b) => Math.max(a, b), 0);
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
