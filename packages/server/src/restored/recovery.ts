import { chmod, chown, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Binaries } from '../binaries.ts';
import { type Cluster, readPassword } from '../cluster.ts';
import { HOST } from '../embedded-server.ts';
import { runCluster } from '../run-cluster.ts';
import type { ServiceUser } from '../service-user.ts';
import { letIn } from './access.ts';

/** Settings of `postgresql.conf`, by their names. */
export type Settings = Readonly<Record<string, string>>;

/** An empty data directory, and whom PostgreSQL runs as there. */
export interface DataPlace {
  readonly dataDirectory: string;
  /** Whom the files must belong to; `undefined` for the caller. */
  readonly owner: { readonly uid: number; readonly gid: number } | undefined;
}

/** Puts a base backup and its WAL into an empty data directory; returns the settings with which it is recovered. */
export type Fill = (place: DataPlace) => Promise<Settings>;

export interface RecoveryOptions {
  readonly binaries: Binaries;
  readonly user: ServiceUser | undefined;
  /** The bootstrap superuser of the restored data. */
  readonly superuser: string;
  /** The role that gets the cluster's password; made where there is none. */
  readonly role: string;
  readonly settings: Settings;
  /** A short path: sockets have 103 bytes on some systems. Made here. */
  readonly socketDirectory: string;
  readonly log: string;
  readonly waitMs: number;
  readonly onProcess?: ((pid: number) => void) | undefined;
  /** Ends the wait; the caller then ends what was started. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * What the backup's own configuration must not decide where it is recovered. It may be missing (Debian keeps it
 * elsewhere), ask for libraries and memory that are not here, archive into the archive of the server that still runs,
 * or make commits wait for its standbys.
 */
const QUARANTINE = {
  archive_mode: 'off',
  max_connections: '200',
  hot_standby: 'off',
  max_prepared_transactions: '100',
  ssl: 'off',
  timezone: 'UTC',
};

/**
 * Recovers the data of a base backup up to its target and leaves it served, with nothing of its own configuration in
 * effect. `role` then has the password of the cluster's file.
 *
 * Nobody gets in meanwhile: over TCP a password is asked for, and the socket, which asks for none since nobody knows
 * the passwords that were backed up, is in a directory that only the server's account can enter. Single-user mode
 * would do without a socket, but does not recover from a base backup's WAL up to a target.
 *
 * @throws AtrizError `EMBEDDED_FAILED` with PostgreSQL's last words where it cannot be recovered, `DISK_FULL`.
 */
export async function runRecovery(cluster: Cluster, options: RecoveryOptions): Promise<{ pid: number; port: number }> {
  const { binaries, user, superuser, role, settings, socketDirectory, log, waitMs, onProcess, signal } = options;
  await mkdir(socketDirectory, { recursive: true });
  await chmod(socketDirectory, 0o700);
  if (user !== undefined) await chown(socketDirectory, user.uid, user.gid);
  const configuration = await writeConfiguration(cluster);
  const password = await readPassword(cluster);
  const back = await setAside(cluster);
  try {
    return await runCluster(cluster, {
      binaries,
      user,
      port: undefined,
      log,
      waitMs,
      onProcess,
      signal,
      settings: { ...QUARANTINE, ...configuration, ...settings, unix_socket_directories: socketDirectory },
      isServing: (port) => letIn({ socketDirectory, port, superuser }, { role, password }),
    });
  } finally {
    await back();
  }
}

async function writeConfiguration({ directory }: Cluster): Promise<Settings> {
  const files = {
    config_file: ['recovery.conf', ''],
    hba_file: ['recovery-hba.conf', `local all all trust\nhost all all ${HOST}/32 scram-sha-256\n`],
    ident_file: ['recovery-ident.conf', ''],
  } as const;
  const paths: Record<string, string> = {};
  for (const [setting, [name, text]] of Object.entries(files)) {
    const path = join(directory, name);
    await writeFile(path, text);
    await chmod(path, 0o644);
    paths[setting] = path;
  }
  return paths;
}

/** `postgresql.auto.conf` is read wherever `config_file` lies, so it is taken away for as long as the server starts. */
async function setAside({ directory, dataDirectory }: Cluster): Promise<() => Promise<void>> {
  const path = join(dataDirectory, 'postgresql.auto.conf');
  const aside = join(directory, 'postgresql.auto.conf');
  try {
    await rename(path, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return async () => undefined;
  }
  return async () => {
    await rm(path, { force: true });
    await rename(aside, path);
  };
}
