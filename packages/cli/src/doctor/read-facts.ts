import { execFile } from 'node:child_process';
import { access, readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { AtrizError } from '@atriz/database';
import { readPackages, STATE_DIRECTORY, type Family, type FamilyDatabase } from '@atriz/database/workspace';
import { SCHEMA_FILE } from '@atriz/lifecycle/types';
import type { Facts, Manifest, Owner, TurboSettings } from './facts.ts';
import { readBuild } from './read-build.ts';

/** Reads what the checks decide by: files of the workspace, and what git thinks of some of them. Changes nothing. */
export async function readFacts({ root, databases }: Family, nodeVersion: string): Promise<Facts> {
  const [manifest, turbo, packages, owners, exposed] = await Promise.all([
    readJson<Manifest>(join(root, 'package.json')),
    readJson<TurboSettings>(join(root, 'turbo.json')),
    readPackages(root),
    Promise.all(databases.map((database) => readOwner(root, database))),
    readExposed(
      root,
      databases.map(({ directory }) => relative(root, directory)),
    ),
  ]);
  const builds = await Promise.all(packages.map((each) => readBuild(root, each)));
  return {
    root: manifest ?? {},
    owners,
    turbo,
    builds: builds.filter((each) => each !== undefined),
    exposed,
    nodeVersion,
  };
}

async function readOwner(root: string, database: FamilyDatabase): Promise<Owner> {
  const { owner, directory, dependsOn, migrationsDirectory, seedsDirectory } = database;
  const [manifest, turbo, migrations, seeds, hasTypes] = await Promise.all([
    readJson<Manifest>(join(directory, 'package.json')),
    readJson<TurboSettings>(join(directory, 'turbo.json')),
    readTexts(root, join(directory, migrationsDirectory), /\.sql$/),
    readTexts(root, join(directory, seedsDirectory), /\.[cm]?[jt]s$/),
    access(join(directory, SCHEMA_FILE)).then(
      () => true,
      () => false,
    ),
  ]);
  return {
    name: owner,
    directory: relative(root, directory),
    manifest: manifest ?? {},
    definition: database,
    dependsOn,
    migrations,
    seeds,
    hasTypes,
    turbo,
  };
}

async function readTexts(root: string, directory: string, pattern: RegExp): Promise<Map<string, string>> {
  const names = await readdir(directory).catch(orAbsent<string[]>);
  const paths = (names ?? [])
    .filter((name) => pattern.test(name))
    .toSorted()
    .map((name) => join(directory, name));
  return new Map(
    await Promise.all(paths.map(async (path) => [relative(root, path), await readFile(path, 'utf8')] as const)),
  );
}

/** A JSON file, which may have lines of comment, as `turbo.json` may; `undefined` when there is none. */
async function readJson<Content>(path: string): Promise<Content | undefined> {
  const text = await readFile(path, 'utf8').catch(orAbsent<string>);
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text.replaceAll(/^\s*\/\/.*$/gm, '')) as Content;
  } catch (error) {
    throw new AtrizError('DEFINITION_INVALID', `${path} is not valid JSON: ${(error as Error).message}`, {
      hint: 'correct the file',
      cause: error,
    });
  }
}

/** Of the files that hold passwords, those that git has, and those that it would take. */
async function readExposed(root: string, directories: readonly string[]): Promise<Facts['exposed']> {
  const paths = ['.env', ...directories.map((each) => `${each}/.env`), `${STATE_DIRECTORY}/server.json`];
  const [tracked, ignored] = await Promise.all([
    git(root, ['ls-files', '--', ...paths]),
    git(root, ['check-ignore', '--no-index', '--', ...paths]),
  ]);
  if (tracked === undefined || ignored === undefined) return undefined;
  return paths
    .filter((path) => tracked.includes(path) || !ignored.includes(path))
    .map((path) => ({ path, tracked: tracked.includes(path) }));
}

/** The lines of git's answer; `undefined` where there is no git, or no repository. One means "none", for check-ignore. */
async function git(root: string, args: readonly string[]): Promise<string[] | undefined> {
  return new Promise((resolve) => {
    execFile('git', args, { cwd: root }, (error, stdout) => {
      resolve(error === null || error.code === 1 ? stdout.split('\n').filter(Boolean) : undefined);
    });
  });
}

function orAbsent<Content>(error: NodeJS.ErrnoException): Content | undefined {
  if (error.code === 'ENOENT') return undefined;
  throw error;
}
