import { AtrizError } from '@atriz/database';
import { open, rm } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';
import { generateSigningKey, type SigningKey } from '../tokens/signing-key.ts';
import { readKeyFile, writeKeyFile } from './key-file.ts';
import { planFirstSignature, planRotation } from './rotation.ts';

export interface KeyChangeOptions {
  readonly now: Date;
  /** How long to wait for another process that changes the file. Default 5,000. */
  readonly waitMs?: number;
}

/**
 * Adds a key that takes over in fifteen minutes, when every application knows it. No token ends, nobody has to sign in
 * again, nothing has to be started again. Resolves to the keys that are now in the file.
 *
 * Rejects with `KEYS_INVALID` as `readKeyFile` does, and when another process keeps the file for `waitMs`.
 */
export function rotateKeys(path: string, { now, waitMs }: KeyChangeOptions): Promise<SigningKey[]> {
  const rotate = async (keys: readonly SigningKey[]): Promise<SigningKey[]> => {
    const next = await generateSigningKey({ now, signsFrom: planFirstSignature(keys, now) });
    return planRotation(keys, { next, now });
  };
  return changeKeys(path, rotate, { waitMs });
}

/**
 * For keys that somebody else may have: puts a new one, which signs at once, in the place of all. Every access token ends
 * as soon as the applications have read the public keys again; refresh tokens and sessions stay good.
 */
export function replaceKeys(path: string, { now, waitMs }: KeyChangeOptions): Promise<SigningKey[]> {
  return changeKeys(path, async () => [await generateSigningKey({ now })], { waitMs });
}

async function changeKeys(
  path: string,
  change: (keys: readonly SigningKey[]) => Promise<SigningKey[]>,
  { waitMs = 5000 }: { readonly waitMs: number | undefined },
): Promise<SigningKey[]> {
  await using _lock = await lockKeyFile(path, waitMs);
  const keys = await change(await readKeyFile(path));
  await writeKeyFile(path, keys);
  return keys;
}

/** A file beside the key file, so that two who change it at once do not lose the one's key. */
async function lockKeyFile(path: string, waitMs: number): Promise<AsyncDisposable> {
  const lock = `${path}.lock`;
  for (let waited = 0; ; waited += 50) {
    try {
      const file = await open(lock, 'wx', 0o600);
      await file.close();
      return { [Symbol.asyncDispose]: () => rm(lock, { force: true }) };
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'ENOENT') throw noDirectory(path, error);
      if (code !== 'EEXIST') throw error;
      if (waited >= waitMs) throw locked(path, lock);
    }
    await wait(50);
  }
}

function locked(path: string, lock: string): AtrizError {
  return new AtrizError('KEYS_INVALID', `another process is changing ${path}, or was killed while it did`, {
    hint: `if none is: rm ${lock}`,
  });
}

function noDirectory(path: string, cause: unknown): AtrizError {
  return new AtrizError('KEYS_INVALID', `there is no key file at ${path}`, {
    hint: 'make it with: pnpm auth:keys create; or set AUTH_KEYS_FILE to where it is',
    cause,
  });
}
