import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Environment } from './environment.ts';

/** An age identity and the recipient that belongs to it: both contestants encrypt to the same key. */
export interface BackupKey {
  readonly identity: string;
  readonly recipient: string;
  /** The file that `age-keygen` wrote. */
  readonly file: string;
}

/** Makes a key by `age-keygen`, which comes with `age`. */
export async function makeBackupKey({ run, makeDirectory }: Environment): Promise<BackupKey> {
  const file = join(await makeDirectory('backup_key'), 'key.txt');
  await run(['age-keygen', '-o', file]);
  const text = await readFile(file, 'utf8');
  const [, recipient] = /public key: (age1\S+)/.exec(text) ?? [];
  const [identity] = /AGE-SECRET-KEY-1\S+/.exec(text) ?? [];
  if (!recipient || !identity) throw new Error(`age-keygen wrote no key to ${file}`);
  return { identity, recipient, file };
}
