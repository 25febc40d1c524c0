import { randomBytes } from 'node:crypto';
import { chmod, mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import {
  REPOSITORY,
  runAtriz,
  startAtriz,
  type CommandOptions,
  type CommandResult,
  type RunningCommand,
} from './command.ts';
import type { Server } from './server.ts';

/** A package of a fixture; everything but its migrations and seeds follows from its key. */
export interface FixturePackage {
  /** The keys of the packages that it depends on. */
  readonly dependsOn?: readonly string[];
  /** What its database is called instead of the unique name that it gets; the test then drops it. */
  readonly database?: string;
  /** Texts by file name. */
  readonly migrations?: Readonly<Record<string, string>>;
  readonly seeds?: Readonly<Record<string, string>>;
}

export interface RunOptions {
  /** The package to stand in; default the root. */
  readonly in?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** A pnpm workspace in a temporary directory, whose databases are on `server`. */
export interface Workspace extends AsyncDisposable {
  readonly root: string;
  /** The name of a package's database. */
  database(key: string): string;
  directory(key: string): string;
  write(path: string, text: string): Promise<void>;
  /** Runs the command and takes out what differs from run to run: names' prefix, times, the server's address. */
  atriz(args: readonly string[], options?: RunOptions): Promise<CommandResult>;
  /** Starts the command; its result is as it came. */
  start(args: readonly string[], options?: RunOptions): RunningCommand;
  /** Where and with which variables it runs: for a test that starts something else. */
  surroundings(options?: RunOptions): CommandOptions;
  query<Row extends object>(key: string, text: string): Promise<Row[]>;
}

/** Makes the workspace; without a server its commands get no variables. Disposing of it drops its databases. */
export async function createWorkspace(
  packages: Readonly<Record<string, FixturePackage>>,
  server?: Server,
): Promise<Workspace> {
  const root = await makeRoot();
  const prefix = `atriz_test_${randomBytes(4).toString('hex')}_`;
  const database = (key: string): string => packages[key]?.database ?? `${prefix}${key}`;
  const directory = (key: string): string => join(root, 'packages', key);
  const write = async (path: string, text: string): Promise<void> => {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  };
  await write('package.json', JSON.stringify({ name: 'fixture', private: true, type: 'module' }));
  await write('pnpm-workspace.yaml', 'packages:\n  - packages/*\n');
  await linkPackage(root, '@atriz/database', join(REPOSITORY, 'packages/database'));
  for (const [key, each] of Object.entries(packages)) {
    for (const [path, text] of filesOf(key, database(key), each)) await write(join('packages', key, path), text);
  }
  const surroundings = ({ in: key, env = {} }: RunOptions = {}): CommandOptions => ({
    cwd: key === undefined ? root : directory(key),
    env: { ...server?.variables, ...env },
  });
  const neutral = (text: string): string => {
    const { host, port, password, user } = server?.parameters ?? {};
    if (password && password !== user && text.includes(password)) throw new Error(`the password is in:\n${text}`);
    return text
      .replaceAll(prefix, '')
      .replaceAll(`${root}/`, '')
      .replaceAll(`${host}:${port}`, 'SERVER')
      .replaceAll(/\b\d+(?:\.\d+)? m?s\b/g, '… ms')
      .replaceAll(/"durationMs": \d+/g, '"durationMs": 0');
  };
  return {
    root,
    database,
    directory,
    write,
    surroundings,
    start: (args, options) => startAtriz(args, surroundings(options)),
    query: (key, text) => server!.query(database(key), text),
    async atriz(args, options) {
      const { code, stdout, stderr } = await runAtriz(args, surroundings(options));
      return { code, stdout: neutral(stdout), stderr: neutral(stderr) };
    },
    async [Symbol.asyncDispose]() {
      await server?.drop(Object.keys(packages).map(database));
      await rm(root, { recursive: true, force: true });
    },
  };
}

/** A temporary directory that an unprivileged PostgreSQL can enter, as a checkout usually is. */
export async function makeRoot(): Promise<string> {
  const root = await realpath(await mkdtemp(join(tmpdir(), 'atriz-whole-')));
  await chmod(root, 0o755);
  return root;
}

/** Puts a package into the workspace's `node_modules`, as pnpm does: by a link. */
export async function linkPackage(root: string, name: string, target: string): Promise<void> {
  const path = join(root, 'node_modules', name);
  await mkdir(dirname(path), { recursive: true });
  await symlink(target, path, 'dir');
}

/** The text of a migration. */
export function migration(up: string, down?: string): string {
  return `-- Up Migration\n${up}\n${down === undefined ? '' : `\n-- Down Migration\n${down}\n`}`;
}

/** The text of a seed whose body is given; `client` and `context` are there for it. */
export function seed(body: string): string {
  return `export default async (client, context) => {\n  ${body}\n};\n`;
}

function filesOf(key: string, database: string, each: FixturePackage): (readonly [string, string])[] {
  const { dependsOn = [], migrations = {}, seeds = {} } = each;
  const dependencies = Object.fromEntries(dependsOn.map((other) => [`@fixture/${other}`, 'workspace:*']));
  return [
    ['package.json', JSON.stringify({ name: `@fixture/${key}`, private: true, type: 'module', dependencies })],
    [
      'database.config.ts',
      `import { defineDatabase } from '@atriz/database';\nexport default defineDatabase({ name: ${JSON.stringify(database)} });\n`,
    ],
    ...Object.entries(migrations).map(([name, text]) => [join('migrations', name), text] as const),
    ...Object.entries(seeds).map(([name, text]) => [join('seeds', name), text] as const),
  ];
}
