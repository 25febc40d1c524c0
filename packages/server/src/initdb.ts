import { type ExecFileException, execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { appendFile, chmod, chown, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Binaries } from './binaries.ts';
import type { Cluster } from './cluster.ts';
import { SUPERUSER } from './embedded-server.ts';
import { LOG_LINE_PREFIX, programFailure, withDiskErrors } from './failure.ts';
import { spawnFailure, spawnOptions } from './program.ts';
import type { ServiceUser } from './service-user.ts';

const INITDB_TIMEOUT_MS = 120_000;

export interface InitialiseOptions {
  readonly binaries: Binaries;
  readonly user: ServiceUser | undefined;
  /** Settings for `postgresql.conf`, on top of Atriz's own. */
  readonly settings: Readonly<Record<string, string>>;
  /** Whether the new files must survive a crash of the machine. */
  readonly sync: boolean;
  /** Where initdb's output goes when it fails. */
  readonly log?: string | undefined;
  /** Told the process id of initdb, for whoever has to end it from outside. */
  readonly onProcess?: ((pid: number) => void) | undefined;
}

/**
 * Settings of every embedded server; they are in `postgresql.conf`, so a developer can change them there.
 * 200 connections, because a family of databases has a pool for each and a test run doubles them.
 */
export const SETTINGS = {
  max_connections: '200',
  timezone: 'UTC',
  log_timezone: 'UTC',
  log_line_prefix: LOG_LINE_PREFIX,
};

/**
 * Durability that a development server trades for speed: COMMIT does not wait for the disk. A crash of the
 * machine, or of the server (`kill -9`), can lose the last commits (less than a second of them), but never corrupts
 * the data or reorders what was committed. It is `fsync`, left on, that guards integrity. Migrations and seeds are
 * waited for all the same before they are reported as done.
 */
export const DEVELOPMENT_SETTINGS = { synchronous_commit: 'off' };

/**
 * Makes `cluster.directory`, which must not exist, and in it a database cluster and a random password for its
 * superuser. Collation and character classes come from PostgreSQL's builtin provider, so text sorts and folds
 * the same on every machine. A failure leaves rubbish behind that the caller removes.
 *
 * @throws AtrizError `DISK_FULL`, `EMBEDDED_FAILED`, `EMBEDDED_UNSUPPORTED`.
 */
export async function initialiseCluster(cluster: Cluster, options: InitialiseOptions): Promise<void> {
  const { user } = options;
  const handedFile = join(cluster.directory, 'initdb-password');
  await withDiskErrors(cluster.directory, async () => {
    const password = randomBytes(24).toString('base64url');
    await mkdir(cluster.directory);
    await chmod(cluster.directory, 0o711);
    await mkdir(cluster.dataDirectory, { mode: 0o700 });
    await writeFile(cluster.passwordFile, password, { mode: 0o600 });
    await writeFile(handedFile, password, { mode: 0o600 });
    if (user !== undefined)
      await Promise.all([cluster.dataDirectory, handedFile].map((path) => chown(path, user.uid, user.gid)));
    await runInitdb(cluster, { ...options, handedFile });
    await rm(handedFile);
  });
}

async function runInitdb(cluster: Cluster, options: InitialiseOptions & { handedFile: string }): Promise<void> {
  const { binaries, user, settings, sync, handedFile, log, onProcess } = options;
  const args = [
    ['-D', cluster.dataDirectory],
    ['--username', SUPERUSER, '--pwfile', handedFile, '--auth', 'scram-sha-256'],
    ['--encoding', 'UTF8', '--locale', 'C', '--locale-provider', 'builtin', '--builtin-locale', 'C.UTF-8'],
    Object.entries({ ...SETTINGS, ...settings }).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
    sync ? [] : ['--no-sync'],
  ].flat();
  const { error, output } = await new Promise<{ error: ExecFileException | null; output: string }>((resolve) => {
    const run = { ...spawnOptions(user), timeout: INITDB_TIMEOUT_MS };
    const child = execFile(binaries.initdb, args, run, (failure, stdout, stderr) => {
      resolve({ error: failure, output: `${stdout}${stderr}` });
    });
    if (child.pid !== undefined) onProcess?.(child.pid);
  });
  if (error === null) return;
  if (typeof error.code === 'string') throw spawnFailure(binaries.initdb, error as NodeJS.ErrnoException);
  if (log !== undefined) await appendFile(log, output);
  throw await programFailure({ program: 'initdb', output, directory: cluster.dataDirectory, log, cause: error });
}
