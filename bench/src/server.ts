import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmod, chown, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import pg from 'pg';
import { freePort } from './free-port.ts';
import type { Programs } from './programs.ts';
import { serviceAccount } from './service-account.ts';

/** Where a server is, and who may enter: what every contestant is told. */
export interface ServerAddress {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
}

/** A PostgreSQL server for one run of the benchmarks. */
export interface Server extends ServerAddress, AsyncDisposable {
  /** Such as `15.18`. */
  readonly version: string;
}

const HOST = '127.0.0.1';
const START_TIMEOUT_MS = 30_000;
const STOP_TIMEOUT_MS = 20_000;

/**
 * Room for write-ahead log that stays on disk and is used again, as on a server that has run for a while. A new one
 * makes and zeroes each 16 MB file as it comes to it, which would strike whoever happens to be measured just then.
 */
const LOG_SETTINGS = ['min_wal_size=1GB', 'max_wal_size=4GB'];
/** Its work would fall on whoever is measured just then. */
const QUIET_SETTINGS = ['autovacuum=off'];
const FILL_LOG = `SELECT count(pg_logical_emit_message(false, '', repeat('x', 8 * 1024 * 1024))) FROM generate_series(1, 128)`;

/**
 * Makes and starts a server as an installation leaves it: every setting that bears on durability at its default, so
 * that a COMMIT waits for the disk; on loopback, with SCRAM passwords. Its data is in `directory`, which the caller removes; disposing of it
 * ends its process and waits for that.
 */
export async function startServer(programs: Programs, directory: string): Promise<Server> {
  const account = await serviceAccount();
  const password = randomBytes(18).toString('base64url');
  const data = join(directory, 'data');
  const passwordFile = join(directory, 'password');
  await mkdir(data);
  await writeFile(passwordFile, password, { mode: 0o600 });
  if (account) {
    await chmod(directory, 0o755);
    for (const path of [data, passwordFile]) await chown(path, account.uid, account.gid);
  }
  const run = { cwd: directory, env: { PATH: '/usr/local/bin:/usr/bin:/bin', LC_ALL: 'C' }, ...account };
  const initialise = ['-D', data, '-U', 'postgres', '-E', 'UTF8', '-A', 'scram-sha-256', `--pwfile=${passwordFile}`];
  const [code] = await once(
    spawn(programs.initdb, initialise, { ...run, stdio: ['ignore', 'ignore', 'inherit'] }),
    'exit',
  );
  if (code !== 0) throw new Error(`initdb ended with ${code}`);

  const address = { host: HOST, port: await freePort(HOST), user: 'postgres', password };
  const settings = [
    `listen_addresses=${HOST}`,
    `port=${address.port}`,
    'unix_socket_directories=',
    ...LOG_SETTINGS,
    ...QUIET_SETTINGS,
  ];
  // A process group of its own: Ctrl-C reaches the benchmark alone, which then stops it.
  const postmaster = spawn(programs.postgres, ['-D', data, ...settings.flatMap((setting) => ['-c', setting])], {
    ...run,
    detached: true,
    stdio: 'ignore',
  });
  try {
    const client = await connectWhenServing(address, postmaster);
    const { rows } = await client.query<{ server_version: string }>('SHOW server_version');
    await client.query(FILL_LOG);
    await client.query('CHECKPOINT');
    await client.end();
    const version = rows[0]!.server_version.split(' ')[0]!;
    return { ...address, version, [Symbol.asyncDispose]: () => stop(postmaster) };
  } catch (error) {
    await stop(postmaster);
    throw error;
  }
}

async function connectWhenServing(address: ServerAddress, postmaster: ChildProcess): Promise<pg.Client> {
  const deadline = performance.now() + START_TIMEOUT_MS;
  for (;;) {
    if (postmaster.exitCode !== null) throw new Error(`postgres ended with ${postmaster.exitCode}`);
    const client = new pg.Client({ ...address, database: 'postgres', ssl: false });
    try {
      await client.connect();
      return client;
    } catch (error) {
      if (performance.now() > deadline) throw error;
      await wait(50);
    }
  }
}

/** SIGINT is PostgreSQL's fast shutdown: sessions are ended, nothing is lost; SIGQUIT if that takes too long. */
async function stop(postmaster: ChildProcess): Promise<void> {
  if (postmaster.exitCode !== null || postmaster.signalCode !== null) return;
  const exited = once(postmaster, 'exit');
  postmaster.kill('SIGINT');
  await Promise.race([exited, wait(STOP_TIMEOUT_MS, undefined, { ref: false })]);
  if (postmaster.exitCode === null && postmaster.signalCode === null) postmaster.kill('SIGQUIT');
  await exited;
}
