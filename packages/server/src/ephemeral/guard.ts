import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { removeEphemeral } from './removal.ts';

/** A process that outlives ours only to remove the ephemeral server when ours is gone, however it ended. */
export interface Guard {
  /** Names the process to end: the one that is at work in the directory from now on. */
  watch(pid: number): void;
  /** Has everything removed now, and resolves when it is. */
  finish(): Promise<void>;
}

/**
 * Starts the guard of `directory`, which need not exist yet. The guard reads a pipe of which we hold the only other
 * end, so the operating system tells it of our death, by `kill -9` as well; it is in a session of its own, out of
 * reach of a signal to our process group. It keeps neither our process nor our event loop alive.
 */
export function startGuard(directory: string, dataDirectory: string): Guard {
  // The compiler rewrites the extension of an import, and leaves that of a name alone.
  const main = import.meta.url.endsWith('.ts') ? import.meta.resolve('./main.ts') : import.meta.resolve('./main.js');
  // No environment: a NODE_OPTIONS of ours, such as a debugger's, is not meant for it.
  const child = spawn(process.execPath, [fileURLToPath(main), directory, dataDirectory], {
    cwd: '/',
    env: {},
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  const ended = new Promise<boolean>((resolve) => {
    child.once('error', () => resolve(false));
    child.once('exit', (code) => resolve(code === 0));
  });
  child.unref();
  // A guard that was killed closes the pipe; `finish` then does its work.
  child.stdin.on('error', () => undefined);
  (child.stdin as { unref?: () => void }).unref?.();
  let watched: number | undefined;
  return {
    watch(pid) {
      watched = pid;
      child.stdin.write(`${pid}\n`);
    },
    async finish() {
      child.ref();
      child.stdin.end();
      if (!(await ended)) await removeEphemeral({ directory, dataDirectory, pid: watched });
    },
  };
}
