import { execFile } from 'node:child_process';
import { readdir, realpath } from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { AtrizError } from '@atriz/database';

/** PostgreSQL's client tools of one version. */
export interface Programs {
  readonly pgDump: string;
  readonly pgRestore: string;
  /** PostgreSQL's major version. */
  readonly major: number;
}

export interface FindProgramsOptions {
  /** The one directory to look in: `PG_BIN_DIR`. Default: those on `path`, and the usual ones. */
  readonly directory?: string | undefined;
  /** Directories with the system's delimiter between them: `PATH`. */
  readonly path?: string | undefined;
  /** `server_version_num` of the newest server concerned: older tools than that will not do. */
  readonly serverVersion: number;
}

/** Where packages put PostgreSQL, `*` standing for a version. */
const USUAL = [
  '/usr/lib/postgresql/*/bin',
  '/usr/pgsql-*/bin',
  '/usr/libexec/postgresql*',
  '/opt/homebrew/opt/postgresql@*/bin',
  '/opt/homebrew/opt/libpq/bin',
  '/usr/local/opt/postgresql@*/bin',
  '/usr/local/opt/libpq/bin',
  '/Applications/Postgres.app/Contents/Versions/*/bin',
  '/usr/local/pgsql/bin',
  'C:/Program Files/PostgreSQL/*/bin',
];

/** Debian's /usr/bin/pg_dump: a script that looks for a cluster of its own before it runs one of the real ones. */
const WRAPPER = 'pg_wrapper';

const ASK_TIMEOUT_MS = 10_000;

/**
 * Finds `pg_dump` and `pg_restore` of one version that is at least the server's, and the nearest to it: what a newer one
 * writes an older server may not understand. Throws `CLIENT_TOOLS_MISSING`, saying what was found where.
 */
export async function findPrograms(options: FindProgramsOptions): Promise<Programs> {
  const needed = Math.floor(options.serverVersion / 10_000);
  const found = await listPrograms(options);
  const fitting = found.filter(({ major }) => major >= needed).toSorted((one, other) => one.major - other.major);
  if (fitting[0]) return fitting[0];
  const where =
    options.directory === undefined ? 'on PATH or in the usual places' : `in PG_BIN_DIR (${options.directory})`;
  const seen = found.map(({ major, pgDump }) => `version ${major} at ${pgDump}`).join(', ');
  const message = `pg_dump and pg_restore of PostgreSQL ${needed} or newer are needed, and ${
    found.length === 0 ? `none were found ${where}` : `only older ones were found ${where}: ${seen}`
  }`;
  throw new AtrizError('CLIENT_TOOLS_MISSING', message, {
    hint: `install the client tools of PostgreSQL ${needed}, such as Debian's package postgresql-client-${needed}, or name their directory in PG_BIN_DIR`,
  });
}

/** All that are there, those of `PATH` first. What cannot be run, or does not say its version, is none. */
async function listPrograms({ directory, path }: FindProgramsOptions): Promise<Programs[]> {
  const directories = directory === undefined ? await usualDirectories(path) : [directory];
  const asked = await Promise.all([...new Set(directories)].map(askDirectory));
  return asked.filter((each) => each !== undefined);
}

async function usualDirectories(path = ''): Promise<string[]> {
  const named = path.split(delimiter).filter(Boolean);
  return [...named, ...(await Promise.all(USUAL.map(expand))).flat()];
}

/** The directories that a pattern with at most one `*` stands for. */
async function expand(pattern: string): Promise<string[]> {
  const [before, after] = pattern.split('*');
  if (after === undefined) return [pattern];
  const parent = before!.slice(0, before!.lastIndexOf('/'));
  const prefix = basename(`${before}*`).slice(0, -1);
  const names = await readdir(parent).catch(() => []); // no such package here
  return names.filter((name) => name.startsWith(prefix)).map((name) => `${join(parent, name)}${after}`);
}

async function askDirectory(directory: string): Promise<Programs | undefined> {
  const pgDump = join(directory, 'pg_dump');
  const pgRestore = join(directory, 'pg_restore');
  const [dump, restore] = await Promise.all([askVersion(pgDump), askVersion(pgRestore)]);
  return dump === undefined || dump !== restore ? undefined : { pgDump, pgRestore, major: dump };
}

async function askVersion(program: string): Promise<number | undefined> {
  try {
    if (basename(await realpath(program)) === WRAPPER) return undefined;
    const env = { LC_ALL: 'C', HOME: homedir() };
    const { stdout } = await promisify(execFile)(program, ['--version'], { env, timeout: ASK_TIMEOUT_MS });
    const [, major] = /(\d+)(?:\.\d+|devel|beta\d*|rc\d*)/.exec(stdout) ?? [];
    return major === undefined ? undefined : Number(major);
  } catch {
    return undefined; // not there, or not to be run by us
  }
}
