import { chown, mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { AtrizError } from '@atriz/database';
import type { Account } from '../account.ts';

/** What writing the configuration comes to. */
export type FileOutcome = 'created' | 'unchanged' | 'replaced';

/** What the file says now; `undefined` where there is none. Throws `PERMISSION_DENIED`. */
export async function readConfigurationFile(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return undefined;
    if (code !== 'EACCES') throw error;
    throw new AtrizError('PERMISSION_DENIED', `${path} may not be read`, {
      hint: 'run this as the user that PostgreSQL runs as, such as sudo -u postgres, or as root',
      cause: error,
    });
  }
}

export function outcomeOf(before: string | undefined, text: string): FileOutcome {
  if (before === undefined) return 'created';
  return before === text ? 'unchanged' : 'replaced';
}

export interface WriteOptions {
  /** Whose it shall be; nobody else may read it. */
  readonly account: Account | undefined;
  /** What is added to the name of the file that it takes the place of: `before-20261121T120000Z`. */
  readonly suffix: string;
}

/**
 * Writes the configuration so that at every moment there is a whole one: to a file beside it, which then takes its name.
 * One that was there is kept; returns where. Its directory is made where there is none.
 */
export async function writeConfigurationFile(
  path: string,
  text: string,
  { account, suffix }: WriteOptions,
): Promise<string | undefined> {
  const before = await readConfigurationFile(path);
  if (before === text) return undefined;
  await makeDirectory(dirname(path), { account, mode: 0o755 });
  const written = `${path}.new`;
  await rm(written, { force: true });
  const file = await open(written, 'wx', 0o600);
  try {
    if (account) await file.chown(account.uid, account.gid);
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  const kept = before === undefined ? undefined : `${path}.${suffix}`;
  if (kept !== undefined) await rename(path, kept);
  await rename(written, path);
  return kept;
}

/** Makes a directory of that account's, and those above it, which are the caller's; one that is there stays as it is. */
export async function makeDirectory(
  path: string,
  { account, mode }: { readonly account: Account | undefined; readonly mode: number },
): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  try {
    await mkdir(path, { mode });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return;
    throw error;
  }
  if (account) await chown(path, account.uid, account.gid);
}
