import { AtrizError } from '@atriz/database';
import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { link, mkdir, open, rename, rm, stat, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { generateSigningKey, type SigningKey } from '../tokens/signing-key.ts';
import { formatKeys, parseKeys } from './key-format.ts';

const OWNER_ONLY = 0o600;
const OTHERS = 0o077;

/**
 * Reads a key file. Rejects with `KEYS_INVALID` when it is missing or damaged, and when others than its owner could read
 * it: with its keys anybody can sign in as anybody. (Windows keeps no such modes and is not asked.)
 */
export async function readKeyFile(path: string): Promise<SigningKey[]> {
  const file = await open(path, constants.O_RDONLY).catch((error: unknown) => {
    throw unreadable(path, error);
  });
  try {
    await checkMode(file, path);
    return await parseKeys(await file.readFile('utf8'), path);
  } finally {
    await file.close();
  }
}

/** Which version of the file is there: different after every write. Undefined when there is none. */
export async function versionOfKeyFile(path: string): Promise<string | undefined> {
  const found = await stat(path, { bigint: true }).catch(() => undefined);
  return found && [found.ino, found.size, found.mtimeNs, found.mode].join(':');
}

/** Puts these keys into the file at once: whoever reads it finds the keys before or the keys after. */
export async function writeKeyFile(path: string, keys: readonly SigningKey[]): Promise<void> {
  await using written = await writeBeside(path, keys);
  await rename(written.path, path);
  await syncDirectory(path);
}

/**
 * Makes a key file with one key that signs at once, unless there is one. Any number of processes may ask at the same
 * time: one makes it, and all find the same. Resolves to whether it was this one.
 */
export async function ensureKeyFile(path: string, { now }: { readonly now: Date }): Promise<boolean> {
  if ((await versionOfKeyFile(path)) !== undefined) return false;
  await mkdir(dirname(path), { recursive: true });
  await using written = await writeBeside(path, [await generateSigningKey({ now })]);
  try {
    // Unlike rename, link never replaces what another process put there meanwhile.
    await link(written.path, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
  await syncDirectory(path);
  return true;
}

/** A complete file of another name in the same directory, on the disk; disposing of it removes the name. */
async function writeBeside(
  path: string,
  keys: readonly SigningKey[],
): Promise<AsyncDisposable & { readonly path: string }> {
  const beside = `${path}.${randomUUID()}`;
  const file = await open(beside, 'wx', OWNER_ONLY);
  try {
    await file.writeFile(await formatKeys(keys));
    await file.sync();
  } finally {
    await file.close();
  }
  return { path: beside, [Symbol.asyncDispose]: () => rm(beside, { force: true }) };
}

async function checkMode(file: FileHandle, path: string): Promise<void> {
  const { mode } = await file.stat();
  if ((mode & OTHERS) === 0 || process.platform === 'win32') return;
  throw new AtrizError('KEYS_INVALID', `others than its owner may use ${path} (mode ${(mode & 0o777).toString(8)})`, {
    hint: `chmod 600 ${path}; if it was so for long, replace the keys too: pnpm auth:keys replace`,
  });
}

/** A rename is on the disk when its directory is. Windows cannot open one. */
async function syncDirectory(path: string): Promise<void> {
  if (process.platform === 'win32') return;
  const directory = await open(dirname(path), constants.O_RDONLY);
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

function unreadable(path: string, cause: unknown): AtrizError {
  const { code = 'unknown' } = cause as NodeJS.ErrnoException;
  if (code === 'ENOENT') {
    return new AtrizError('KEYS_INVALID', `there is no key file at ${path}`, {
      hint: 'make it with: pnpm auth:keys create; or set AUTH_KEYS_FILE to where it is',
      cause,
    });
  }
  return new AtrizError('KEYS_INVALID', `the key file ${path} cannot be read (${code})`, {
    hint: 'let the user that this runs as read it',
    cause,
  });
}
