import { execFile } from 'node:child_process';
import { readFile, stat } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';

/**
 * Whether process `pid` is PostgreSQL at work on `dataDirectory`. A process id alone proves nothing: after a
 * crash it may belong to anything, and a copied checkout names the server of the one it was copied from.
 *
 * Proof is the `-D` it was started with or, for a directory moved since, that it works inside it. A process that
 * has ended but that nobody waited for has neither.
 */
export async function servesDirectory(pid: number, dataDirectory: string): Promise<boolean> {
  if (!exists(pid)) return false;
  if (process.platform === 'win32') return true;
  if (process.platform !== 'linux') return (await listArguments(pid)).includes(`-D ${dataDirectory}`);
  const args = await readArguments(pid);
  return args[args.indexOf('-D') + 1] === dataDirectory || worksInside(pid, dataDirectory);
}

/**
 * Waits until process `pid` no longer serves `dataDirectory`.
 *
 * @returns whether it ended within `waitMs`
 */
export async function waitForEnd(
  pid: number,
  { dataDirectory, waitMs }: { dataDirectory: string; waitMs: number },
): Promise<boolean> {
  const deadline = performance.now() + waitMs;
  while (await servesDirectory(pid, dataDirectory)) {
    if (performance.now() > deadline) return false;
    await delay(20);
  }
  return true;
}

/** Sends a signal, and does not mind that its receiver has just ended. */
export function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

function exists(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

async function readArguments(pid: number): Promise<readonly string[]> {
  try {
    return (await readFile(`/proc/${pid}/cmdline`, 'utf8')).split('\0');
  } catch {
    return []; // it has ended meanwhile
  }
}

/** Where there is no `/proc`, `ps` shows the arguments as one line; the directory is searched in it. */
async function listArguments(pid: number): Promise<string> {
  return new Promise((resolve) => {
    execFile('ps', ['-ww', '-o', 'command=', '-p', String(pid)], (_error, stdout) => resolve(stdout));
  });
}

async function worksInside(pid: number, dataDirectory: string): Promise<boolean> {
  try {
    const [there, here] = await Promise.all([stat(`/proc/${pid}/cwd`), stat(dataDirectory)]);
    return there.dev === here.dev && there.ino === here.ino;
  } catch {
    return false; // ended meanwhile, or hidden from us, as in a container without CAP_SYS_PTRACE
  }
}
