import { execFile } from 'node:child_process';
import { stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { AtrizError } from '@atriz/database';
import { type Binaries, findBinaries } from './binaries.ts';
import type { Progress } from './embedded-server.ts';
import { findRunnableBinaries } from './runnable-binaries.ts';
import type { ServiceUser } from './service-user.ts';

export interface InstalledOptions {
  /** A directory of PostgreSQL's programs to look in first. */
  readonly programs?: string | undefined;
  readonly user: ServiceUser | undefined;
  readonly onProgress?: Progress | undefined;
}

/**
 * Finds a PostgreSQL of one major version, since no other can run the data of that version: in the directory that the
 * caller names, else the embedded one, else where the packages of Debian, Red Hat and Homebrew put theirs.
 *
 * @throws AtrizError `BACKUP_VERSION` when there is none, naming what to install.
 */
export async function findInstalledBinaries(
  major: string,
  { programs, user, onProgress }: InstalledOptions,
): Promise<Binaries> {
  if (programs !== undefined && (await majorOf(programs)) === major) return binariesIn(programs, major);
  if ((await embeddedMajor()) === major) return findRunnableBinaries(user, onProgress);
  for (const directory of usualPlaces(major)) {
    if ((await majorOf(directory)) === major) return binariesIn(directory, major);
  }
  throw new AtrizError(
    'BACKUP_VERSION',
    `the data is of PostgreSQL ${major}, and no PostgreSQL ${major} is installed here`,
    {
      hint: `install it (Debian: apt-get install postgresql-${major}), or name the directory of its programs in PG_BIN_DIR`,
    },
  );
}

function usualPlaces(major: string): readonly string[] {
  return [
    `/usr/lib/postgresql/${major}/bin`,
    `/usr/pgsql-${major}/bin`,
    `/opt/homebrew/opt/postgresql@${major}/bin`,
    `/usr/local/opt/postgresql@${major}/bin`,
  ];
}

function binariesIn(directory: string, major: string): Binaries {
  return {
    version: major,
    majorVersion: major,
    directory: dirname(directory),
    postgres: join(directory, 'postgres'),
    initdb: join(directory, 'initdb'),
  };
}

/** What `postgres --version` says there, such as `postgres (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)`. */
async function majorOf(directory: string): Promise<string | undefined> {
  const postgres = join(directory, 'postgres');
  if ((await stat(postgres, { throwIfNoEntry: false })) === undefined) return undefined;
  const { stdout } = await promisify(execFile)(postgres, ['--version'], { cwd: '/', env: {} });
  return /\(PostgreSQL\) (\d+)/.exec(stdout)?.[1];
}

async function embeddedMajor(): Promise<string | undefined> {
  try {
    return (await findBinaries()).majorVersion;
  } catch (error) {
    if (error instanceof AtrizError && error.code === 'EMBEDDED_UNSUPPORTED') return undefined;
    throw error;
  }
}
