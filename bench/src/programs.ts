import { access, constants, readdir } from 'node:fs/promises';
import { delimiter, join } from 'node:path';

/** Where the server and psql come from: one directory, so that they are of one version. */
export interface Programs {
  readonly directory: string;
  readonly postgres: string;
  readonly initdb: string;
  readonly psql: string;
  readonly createdb: string;
  readonly pgDump: string;
  readonly pgRestore: string;
}

/** Debian and Ubuntu, Red Hat, Homebrew, and what `make install` does; a star is a version. */
const USUAL_PLACES = [
  '/usr/lib/postgresql/*/bin',
  '/usr/pgsql-*/bin',
  '/opt/homebrew/opt/postgresql@*/bin',
  '/usr/local/opt/postgresql@*/bin',
  '/usr/local/pgsql/bin',
];

/**
 * Finds the system's PostgreSQL: in `PG_BIN_DIR`, else in a directory of `PATH`, else in the usual places, the newest
 * first. A directory counts when it has the server and the clients: on Debian that passes over `/usr/bin/psql`, a
 * wrapper that chooses between versions and costs more than psql itself.
 */
export async function findPrograms(variables: Readonly<Record<string, string | undefined>>): Promise<Programs> {
  const named = variables['PG_BIN_DIR'];
  const places = named
    ? [named]
    : [...(variables['PATH'] ?? '').split(delimiter), ...(await Promise.all(USUAL_PLACES.map(expand))).flat()];
  for (const directory of places.filter(Boolean)) {
    const programs = programsOf(directory);
    if ((await Promise.all(Object.values(programs).map(isExecutable))).every(Boolean)) return programs;
  }
  throw new Error(
    'no PostgreSQL with postgres, initdb, psql, createdb, pg_dump and pg_restore was found; name it in PG_BIN_DIR',
  );
}

function programsOf(directory: string): Programs {
  const program = (name: string): string => join(directory, name);
  return {
    directory,
    postgres: program('postgres'),
    initdb: program('initdb'),
    psql: program('psql'),
    createdb: program('createdb'),
    pgDump: program('pg_dump'),
    pgRestore: program('pg_restore'),
  };
}

async function expand(pattern: string): Promise<string[]> {
  const [before, after] = pattern.split('*');
  if (after === undefined) return [pattern];
  const slash = before!.lastIndexOf('/');
  const parent = before!.slice(0, slash);
  const prefix = before!.slice(slash + 1);
  const names = await readdir(parent).catch(() => []);
  return names
    .filter((name) => name.startsWith(prefix) && Number(name.slice(prefix.length)) > 0)
    .toSorted((a, b) => Number(b.slice(prefix.length)) - Number(a.slice(prefix.length)))
    .map((name) => `${parent}/${name}${after}`);
}

function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}
