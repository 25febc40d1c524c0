import { execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, chown, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { ConnectionParameters } from '@atriz/database/workspace';
import pg from 'pg';

/** Where Debian's package puts PostgreSQL 15's programs, pg_dump and pg_restore among them. */
export const DEBIAN_PROGRAMS = '/usr/lib/postgresql/15/bin';

/** Whether it is installed; a test that needs it is skipped without, but in CI. */
export const HAS_DEBIAN_SERVER = existsSync(join(DEBIAN_PROGRAMS, 'postgres')) || process.env['CI'] === 'true';

const HOST = '127.0.0.1';
const USER = 'postgres';
const PASSWORD = 'debian-secret';
const PATIENCE_MS = 60_000;

/** A PostgreSQL 15 of Debian's, for what needs client tools of the server's version. Disposing of it ends and removes it. */
export interface DebianServer extends AsyncDisposable {
  /** Of its superuser; the database is `postgres`. */
  readonly parameters: ConnectionParameters;
  readonly dataDirectory: string;
  /** Whom it runs as, where that is not the caller. */
  readonly account: Account | undefined;
  /** Ends it and starts it again, such as after a restore of its data directory. */
  restart(): Promise<void>;
  /** Ends it at once, as a crash does. */
  kill(): Promise<void>;
}

interface Account {
  readonly uid: number;
  readonly gid: number;
}

export interface DebianServerOptions {
  /** Settings on top of those of a test. */
  readonly settings?: Readonly<Record<string, string>>;
  /** More arguments for initdb, such as `--wal-segsize=1`. */
  readonly initdb?: readonly string[];
  /** Where its data lie, but not its log, which a full disk would bring it down for: a small file system. */
  readonly dataParent?: string;
}

/** Makes a cluster in a temporary directory, on a free port of loopback, and starts it. */
export async function startDebianServer({
  settings = {},
  initdb: extra = [],
  dataParent,
}: DebianServerOptions = {}): Promise<DebianServer> {
  const directory = await mkdtemp(join(tmpdir(), 'atriz-debian-'));
  const account = await serviceAccount();
  if (account) await chown(directory, account.uid, account.gid);
  await chmod(directory, 0o755);
  const dataDirectory = join(dataParent ?? directory, 'data');
  if (dataParent !== undefined && account) await chown(dataParent, account.uid, account.gid);
  const apart = dataParent === undefined ? [] : ['--waldir', join(directory, 'wal')];
  const passwordFile = join(directory, 'password');
  await writeFile(passwordFile, PASSWORD);
  if (account) await chown(passwordFile, account.uid, account.gid);
  const initdb = ['-D', dataDirectory, '-U', USER, '--pwfile', passwordFile, '-A', 'scram-sha-256', '-E', 'UTF8'];
  await promisify(execFile)(
    join(DEBIAN_PROGRAMS, 'initdb'),
    [...initdb, '--locale', 'C.UTF-8', '--no-sync', ...apart, ...extra],
    {
      cwd: '/',
      ...account,
    },
  );
  const parameters: ConnectionParameters = {
    host: HOST,
    port: await freePort(),
    user: USER,
    password: PASSWORD,
    database: 'postgres',
    ssl: undefined,
  };
  const commandLine = Object.entries({
    listen_addresses: HOST,
    port: String(parameters.port),
    unix_socket_directories: '',
    fsync: 'off',
    ...settings,
  }).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const start = (): Promise<() => Promise<void>> =>
    launch(parameters, ['-D', dataDirectory, ...commandLine], { account, log: join(directory, 'log') });
  let stop = await start();
  return {
    parameters,
    dataDirectory,
    account,
    kill: () => stop(),
    async restart() {
      await stop();
      stop = await start();
    },
    async [Symbol.asyncDispose]() {
      await stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

async function launch(
  parameters: ConnectionParameters,
  options: readonly string[],
  { account, log }: { readonly account: Account | undefined; readonly log: string },
): Promise<() => Promise<void>> {
  const child = spawn(join(DEBIAN_PROGRAMS, 'postgres'), options, {
    cwd: '/',
    stdio: ['ignore', 'pipe', 'pipe'],
    ...account,
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (said += text));
  const ended = new Promise<void>((resolve) => void child.once('close', () => resolve()));
  const kill = (): void => void child.kill('SIGQUIT'); // immediately: nothing of it is to be kept
  process.once('exit', kill); // a test that ran out of time disposes of nothing
  const stop = async (): Promise<void> => {
    kill();
    await ended;
    process.off('exit', kill);
    await writeFile(log, said);
  };
  for (const deadline = performance.now() + PATIENCE_MS; !(await answers(parameters)); await wait(50)) {
    if (child.exitCode === null && performance.now() < deadline) continue;
    await stop();
    throw new Error(`PostgreSQL did not start: ${said}`);
  }
  return stop;
}

async function answers({ host, port, user, password, database }: ConnectionParameters): Promise<boolean> {
  const client = new pg.Client({ host, port, user, password, database } as pg.ClientConfig);
  client.on('error', () => undefined);
  try {
    await client.connect();
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** PostgreSQL refuses to run as root. */
async function serviceAccount(): Promise<Account | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const line = (await readFile('/etc/passwd', 'utf8')).split('\n').find((each) => each.startsWith(`${USER}:`));
  const [, , uid, gid] = line!.split(':');
  return { uid: Number(uid), gid: Number(gid) };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => void server.listen(0, HOST, resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => void server.close(resolve));
  return port;
}
