import { DatabaseSync } from 'node:sqlite';
import { setTimeout as delay } from 'node:timers/promises';
import { AtrizError } from '@atriz/database';

const SQLITE_BUSY = 5;

/**
 * Runs `work` while no other process, and no other call in this one, runs under the lock at `path`.
 *
 * The lock is the operating system's own lock on a file, taken through SQLite, which Node brings along: it ends
 * with its holder however that one dies, so there is never a stale lock to recognise or to take over. The file
 * stays, empty; deleting it while a holder is at work would make a second lock.
 *
 * @throws AtrizError `LOCK_TIMEOUT` after `waitMs`, `PERMISSION_DENIED` when the file cannot be opened.
 */
export async function withLock<T>(path: string, { waitMs }: { waitMs: number }, work: () => Promise<T>): Promise<T> {
  const database = open(path);
  try {
    const deadline = performance.now() + waitMs;
    while (!tryLock(database, path)) {
      if (performance.now() > deadline) {
        throw new AtrizError('LOCK_TIMEOUT', `another process has held ${path} for more than ${waitMs} ms`, {
          hint: 'wait for the command that is starting or stopping the embedded server, or end it',
        });
      }
      await delay(20);
    }
    return await work();
  } finally {
    database.close();
  }
}

function open(path: string): DatabaseSync {
  try {
    return new DatabaseSync(path, { timeout: 0 });
  } catch (error) {
    throw cannotLock(path, error);
  }
}

function tryLock(database: DatabaseSync, path: string): boolean {
  try {
    // Without the pragma it would write a journal first, and a server on a full disk could not even be stopped.
    database.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE');
    return true;
  } catch (error) {
    if ((error as { errcode?: number }).errcode === SQLITE_BUSY) return false;
    throw cannotLock(path, error);
  }
}

function cannotLock(path: string, cause: unknown): AtrizError {
  return new AtrizError('PERMISSION_DENIED', `${path} cannot be locked: ${(cause as Error).message}`, {
    hint: 'run as the user who started the embedded server here, or give that directory to the one who runs this',
    cause,
  });
}
