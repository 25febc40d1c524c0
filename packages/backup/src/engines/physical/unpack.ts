import { chmod, chown, mkdir, open } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { readTar, type TarEntry } from './tar-entries.ts';

export interface UnpackOptions {
  /** There already, and empty of what is unpacked. */
  readonly directory: string;
  /** Whom everything shall belong to; `undefined` for the caller. */
  readonly owner?: { readonly uid: number; readonly gid: number } | undefined;
  /** Of the tar, for errors. */
  readonly name: string;
  /** Which entries to take. Default: all. */
  readonly accept?: (path: string) => boolean;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Unpacks a tar into a directory, closed to everybody but its owner. Nothing is waited for to reach the disk:
 * PostgreSQL syncs a data directory whose server did not shut down, as one in a base backup never has, when it starts.
 */
export async function unpack(source: Readable, options: UnpackOptions): Promise<void> {
  const { directory, owner, name, accept = () => true, signal } = options;
  for await (const entry of readTar(source, name)) {
    signal?.throwIfAborted();
    const path = join(directory, entry.path);
    if (!accept(entry.path)) await skip(entry);
    else if (entry.type === 'file') await writeEntry(path, entry, owner);
    else await makeDirectory(path, owner);
  }
}

async function skip({ body }: TarEntry): Promise<void> {
  for await (const _ of body);
}

async function makeDirectory(path: string, owner: UnpackOptions['owner']): Promise<void> {
  const made = await mkdir(path, { recursive: true, mode: 0o700 });
  if (made === undefined) await chmod(path, 0o700);
  if (owner) await chown(path, owner.uid, owner.gid);
}

async function writeEntry(path: string, { body }: TarEntry, owner: UnpackOptions['owner']): Promise<void> {
  await using file = await open(path, 'wx', 0o600);
  for await (const part of body) await file.write(part);
  if (owner) await file.chown(owner.uid, owner.gid);
}
