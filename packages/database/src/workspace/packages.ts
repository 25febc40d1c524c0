import { glob, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { AtrizError } from '../errors.ts';

/** A package of the workspace, as far as order matters. */
export interface WorkspacePackage {
  readonly name: string;
  readonly directory: string;
  /** The packages of the same workspace that this one depends on, by name. */
  readonly dependsOn: readonly string[];
}

interface Manifest {
  readonly name?: string;
  readonly [field: string]: unknown;
}

const DEPENDENCY_FIELDS = ['dependencies', 'devDependencies', 'optionalDependencies', 'peerDependencies'];

/** Reads every package that `pnpm-workspace.yaml` names, in the order of their directories. */
export async function readPackages(root: string): Promise<WorkspacePackage[]> {
  const patterns = await readPatterns(root);
  const manifests = new Map<string, Manifest>();
  for (const path of await findManifests(root, patterns)) {
    const manifest = await readManifest(path);
    if (manifest.name !== undefined) manifests.set(path, manifest);
  }
  const names = new Set([...manifests.values()].map(({ name }) => name));
  return [...manifests].map(([path, manifest]) => ({
    name: manifest.name!,
    directory: dirname(path),
    dependsOn: [...new Set(dependenciesOf(manifest))].filter((name) => names.has(name)),
  }));
}

/** The `name` of the root's own `package.json`, or `fallback` when it has none. */
export async function readRootName(root: string, fallback: string): Promise<string> {
  return (await readManifest(join(root, 'package.json'))).name ?? fallback;
}

async function readPatterns(root: string): Promise<string[]> {
  const path = join(root, 'pnpm-workspace.yaml');
  const [text, { loadAll }] = await Promise.all([readFile(path, 'utf8'), import('js-yaml')]);
  let settings: unknown;
  try {
    [settings] = loadAll(text); // `load` refuses a file that holds nothing, which pnpm does not
  } catch (error) {
    throw new AtrizError('DEFINITION_INVALID', `${path} is not valid YAML: ${(error as Error).message}`, {
      hint: 'correct the file',
      cause: error,
    });
  }
  const { packages = [] } = (settings ?? {}) as { packages?: string[] };
  return packages;
}

async function findManifests(root: string, patterns: readonly string[]): Promise<string[]> {
  const included = patterns.filter((pattern) => !pattern.startsWith('!'));
  const excluded = patterns.filter((pattern) => pattern.startsWith('!')).map((pattern) => pattern.slice(1));
  const found = glob(
    included.map((pattern) => join(pattern, 'package.json')),
    { cwd: root, exclude: ['**/node_modules/**', ...excluded] },
  );
  const paths = [];
  for await (const path of found) paths.push(join(root, path));
  return paths.toSorted();
}

async function readManifest(path: string): Promise<Manifest> {
  const text = await readFile(path, 'utf8');
  try {
    return JSON.parse(text) as Manifest;
  } catch (error) {
    throw new AtrizError('DEFINITION_INVALID', `${path} is not valid JSON: ${(error as Error).message}`, {
      hint: 'correct the file',
      cause: error,
    });
  }
}

function dependenciesOf(manifest: Manifest): string[] {
  return DEPENDENCY_FIELDS.flatMap((field) => Object.keys((manifest[field] as object | undefined) ?? {}));
}
