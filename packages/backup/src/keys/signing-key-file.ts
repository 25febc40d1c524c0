import { randomBytes } from 'node:crypto';
import { link, mkdir, open, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { AtrizError } from '@atriz/database';
import { STATE_DIRECTORY } from '@atriz/database/workspace';

const KEY_BYTES = 32;
const FORM = /^[0-9a-f]{64}\n$/;

/** Where the key of a workspace lies that has no other. */
export function signingKeyPath(root: string): string {
  return join(root, STATE_DIRECTORY, 'backup-signing-key');
}

/**
 * The workspace's own key for signatures; undefined before the first backup. Throws `BACKUP_UNTRUSTED` when the file holds
 * something else, `PERMISSION_DENIED` when it may not be read.
 */
export async function readSigningKeyFile(root: string): Promise<Buffer | undefined> {
  const path = signingKeyPath(root);
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw denied(path, 'read', error);
  });
  if (text === undefined) return undefined;
  if (FORM.test(text)) return Buffer.from(text.trim(), 'hex');
  throw new AtrizError('BACKUP_UNTRUSTED', `${path} holds no signing key`, {
    hint: 'put the file back that was there, or remove it to sign with a new key from now on',
  });
}

/** Makes the key, readable for its owner only, or gives the one that another process made meanwhile. */
export async function createSigningKeyFile(root: string): Promise<Buffer> {
  const path = signingKeyPath(root);
  const key = randomBytes(KEY_BYTES);
  const draft = `${path}.${key.toString('hex', 0, 4)}`;
  try {
    await mkdir(join(root, STATE_DIRECTORY), { recursive: true });
    const file = await open(draft, 'wx', 0o600);
    try {
      await file.writeFile(`${key.toString('hex')}\n`);
      await file.sync();
    } finally {
      await file.close();
    }
    await link(draft, path); // unlike a rename, never over one that is there
    return key;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST')
      throw denied(path, 'written', error as NodeJS.ErrnoException);
    return (await readSigningKeyFile(root))!;
  } finally {
    await rm(draft, { force: true });
  }
}

function denied(path: string, what: 'read' | 'written', cause: NodeJS.ErrnoException): AtrizError {
  return new AtrizError('PERMISSION_DENIED', `${path} cannot be ${what} (${cause.code})`, {
    hint: 'run as the owner of the workspace, or set BACKUP_SIGNING_KEY',
    cause,
  });
}
