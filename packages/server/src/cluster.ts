import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { AtrizError } from '@atriz/database';
import type { Binaries } from './binaries.ts';

/** The directory of one database cluster: PostgreSQL's data, and beside it what only Atriz reads. */
export interface Cluster {
  readonly directory: string;
  /** What PostgreSQL calls `PGDATA`. */
  readonly dataDirectory: string;
  /** The superuser's password, readable by the caller only; it comes and goes together with the data. */
  readonly passwordFile: string;
}

export function clusterIn(directory: string): Cluster {
  return { directory, dataDirectory: join(directory, 'data'), passwordFile: join(directory, 'password') };
}

export function clusterOfData(dataDirectory: string): Cluster {
  return clusterIn(dirname(dataDirectory));
}

export async function readPassword({ passwordFile }: Cluster): Promise<string> {
  return (await readFile(passwordFile, 'utf8')).trim();
}

/** The major version of PostgreSQL that the data belongs to, or `undefined` when there is no data. */
export async function readDataVersion({ dataDirectory }: Cluster): Promise<string | undefined> {
  try {
    return (await readFile(join(dataDirectory, 'PG_VERSION'), 'utf8')).trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** @throws AtrizError `EMBEDDED_DATA_VERSION` when another major version of PostgreSQL wrote the data. */
export function checkDataVersion(found: string, { cluster, binaries }: { cluster: Cluster; binaries: Binaries }): void {
  if (found === binaries.majorVersion) return;
  throw new AtrizError(
    'EMBEDDED_DATA_VERSION',
    `${cluster.dataDirectory} was written by PostgreSQL ${found}, and the embedded server is PostgreSQL ${binaries.majorVersion}`,
    {
      hint: `to keep the data, dump it with PostgreSQL ${found} (pg_dumpall) and load the dump afterwards; then move ${cluster.directory} away, and a new one is made at the next start`,
    },
  );
}
