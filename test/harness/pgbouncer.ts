import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, chown, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { Server } from './server.ts';

/** Where Debian puts it, besides the PATH. */
const PLACES = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin'];

/** The program, or `undefined` where it is not installed. */
export const PGBOUNCER = PLACES.map((place) => join(place, 'pgbouncer')).find((path) => existsSync(path));

const HOST = '127.0.0.1';
const PATIENCE_MS = 20_000;

export interface PgBouncer extends AsyncDisposable {
  /** The connection string of a database, by way of the pooler. */
  url(database: string): string;
}

export interface PgBouncerOptions {
  readonly mode: 'session' | 'transaction' | 'statement';
  /** How many server connections a database has. Default 4. */
  readonly poolSize?: number;
  /** Lend the connection that waited longest, instead of the one that was used last. */
  readonly roundRobin?: boolean;
}

/** Starts a PgBouncer before `server`, on loopback, with a configuration of its own; disposing of it ends it. */
export async function startPgBouncer(server: Server, options: PgBouncerOptions): Promise<PgBouncer> {
  const directory = await mkdtemp(join(tmpdir(), 'atriz-pgbouncer-'));
  const port = await freePort();
  const account = await serviceAccount();
  const file = join(directory, 'pgbouncer.ini');
  await writeFile(file, configuration(server, port, options), { mode: 0o600 }); // the server's password is in it
  if (account) await chown(file, account.uid, account.gid);
  await chmod(directory, 0o755);
  const child = spawn(PGBOUNCER!, [file], { cwd: '/', stdio: ['ignore', 'ignore', 'pipe'], ...account });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
  const ended = new Promise<void>((resolve) => void child.once('close', () => resolve()));
  const close = async (): Promise<void> => {
    child.kill('SIGKILL'); // newer versions take SIGTERM for: when all clients have left
    await ended;
    await rm(directory, { recursive: true, force: true });
  };
  const url = (database: string): string => {
    const { username, pathname } = new URL(server.url(database));
    return `postgresql://${username}@${HOST}:${port}${pathname}`;
  };
  const deadline = performance.now() + PATIENCE_MS;
  while (!said.includes('process up')) {
    if (child.exitCode !== null || performance.now() > deadline) {
      await close();
      throw new Error(`PgBouncer did not start: ${said}`);
    }
    await wait(20);
  }
  return { url, [Symbol.asyncDispose]: close };
}

function configuration(server: Server, port: number, { mode, poolSize = 4, roundRobin = false }: PgBouncerOptions) {
  const { host, port: serverPort, user, password } = server.parameters;
  return `[databases]
* = host=${quote(host)} port=${serverPort} user=${quote(user)}${password ? ` password=${quote(password)}` : ''}

[pgbouncer]
listen_addr = ${HOST}
listen_port = ${port}
unix_socket_dir =
auth_type = any
pool_mode = ${mode}
default_pool_size = ${poolSize}
server_round_robin = ${roundRobin ? 1 : 0}
max_client_conn = 100
`;
}

function quote(value: string): string {
  return `'${value.replaceAll("'", "''")}'`;
}

/** PgBouncer does not run as root. */
async function serviceAccount(): Promise<{ readonly uid: number; readonly gid: number } | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const lines = (await readFile('/etc/passwd', 'utf8')).split('\n').map((line) => line.split(':'));
  const [, , uid, gid] = ['postgres', 'nobody'].flatMap((name) => lines.filter(([each]) => each === name))[0]!;
  return { uid: Number(uid), gid: Number(gid) };
}

async function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer().once('error', reject);
    probe.listen({ host: HOST, port: 0 }, () => {
      const { port } = probe.address() as AddressInfo;
      probe.close(() => resolve(port));
    });
  });
}
