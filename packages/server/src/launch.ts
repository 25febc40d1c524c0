import { spawn } from 'node:child_process';
import { open, readFile, stat } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import type { Binaries } from './binaries.ts';
import { type Cluster, readPassword } from './cluster.ts';
import { HOST } from './embedded-server.ts';
import { LOG_LINE_PREFIX } from './failure.ts';
import { findPostmaster } from './postmaster.ts';
import { servesDirectory } from './postmaster-process.ts';
import { answers } from './probe.ts';
import { spawnFailure, spawnOptions } from './program.ts';
import type { ServiceUser } from './service-user.ts';

export interface LaunchOptions {
  readonly binaries: Binaries;
  readonly user: ServiceUser | undefined;
  readonly port: number;
  readonly log: string;
  readonly waitMs: number;
  readonly onProcess?: ((pid: number) => void) | undefined;
  /** Settings for the command line, on top of Atriz's own and before any file's. */
  readonly settings?: Readonly<Record<string, string>> | undefined;
  /** Asks the server, once it says that it takes connections, whether it serves. Default: it lets its superuser in. */
  readonly isServing?: ((port: number) => Promise<boolean>) | undefined;
  /** Ends the wait, as if its time were over. */
  readonly signal?: AbortSignal | undefined;
}

/** How a launch went: it serves, it ended by itself, or it neither ended nor answered in time and still runs. */
export type Launch =
  | { readonly outcome: 'serving'; readonly pid: number }
  | { readonly outcome: 'ended'; readonly output: string }
  | { readonly outcome: 'silent'; readonly pid: number };

/**
 * Starts a postmaster in a session of its own, so that it outlives the caller and its terminal, and waits until
 * it has let us connect. It listens on loopback only, and makes no socket file: a path below a workspace can be
 * longer than the 107 bytes that the system allows for one.
 */
export async function launch(cluster: Cluster, options: LaunchOptions): Promise<Launch> {
  const { binaries, user, port, log, waitMs, onProcess, settings = {}, isServing, signal } = options;
  const logFile = await open(log, 'a', 0o600);
  try {
    const { size } = await logFile.stat();
    const child = spawn(binaries.postgres, commandLine(cluster, { port: String(port), ...settings }), {
      ...spawnOptions(user),
      detached: true,
      stdio: ['ignore', logFile.fd, logFile.fd],
    });
    child.unref();
    const ended = new Promise<Error | undefined>((resolve) => {
      child.once('error', resolve);
      child.once('exit', () => resolve(undefined));
    });
    if (child.pid === undefined) throw spawnFailure(binaries.postgres, (await ended) as NodeJS.ErrnoException);
    onProcess?.(child.pid);
    const { pid } = child;
    const over = new AbortController();
    const stop = signal ? AbortSignal.any([over.signal, signal]) : over.signal;
    const serving = await Promise.race([
      ended.then(() => over.abort()),
      waitUntilServing(cluster, { pid, waitMs, signal: stop, isServing }),
    ]);
    if (serving === true) return { outcome: 'serving', pid };
    if (!over.signal.aborted && (await servesDirectory(pid, cluster.dataDirectory))) return { outcome: 'silent', pid };
    await ended;
    return { outcome: 'ended', output: await readFrom(log, size) };
  } finally {
    await logFile.close();
  }
}

interface ServingWait {
  readonly pid: number;
  readonly waitMs: number;
  readonly signal?: AbortSignal;
  readonly isServing?: LaunchOptions['isServing'];
}

/**
 * Waits until postmaster `pid` of the cluster gives a session, or has ended, or `waitMs` have passed.
 *
 * @returns whether it gave one
 */
export async function waitUntilServing(
  cluster: Cluster,
  { pid, waitMs, signal, isServing }: ServingWait,
): Promise<boolean> {
  const deadline = performance.now() + waitMs;
  const password = await readPassword(cluster);
  const serves = isServing ?? ((port: number) => answers({ port, password }));
  for (let seen = false; performance.now() < deadline; await delay(20)) {
    if (signal?.aborted === true) return false;
    const postmaster = await findPostmaster(cluster.dataDirectory);
    const ours = postmaster?.pid === pid;
    if (seen && !ours) return false;
    seen ||= ours;
    if (ours && postmaster.ready && (await serves(postmaster.port))) return true;
  }
  return false;
}

function commandLine({ dataDirectory }: Cluster, settings: Readonly<Record<string, string>>): string[] {
  const all = {
    listen_addresses: HOST,
    unix_socket_directories: '',
    logging_collector: 'off',
    log_line_prefix: LOG_LINE_PREFIX,
    ...settings,
  };
  return ['-D', dataDirectory, ...Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`])];
}

async function readFrom(path: string, offset: number): Promise<string> {
  const { size } = await stat(path);
  return (await readFile(path)).subarray(Math.min(offset, size)).toString('utf8');
}
