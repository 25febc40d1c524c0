import { randomBytes } from 'node:crypto';
import type { Dirent } from 'node:fs';
import { mkdir, open, readdir, rename, rm, rmdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { AtrizError } from '@atriz/database';
import { startDownload, type Body } from './download.ts';
import { checkPath, isPath } from './path.ts';
import type { FolderStoreSettings } from './settings.ts';
import { interrupted, watchSource } from './source.ts';
import type { Store, StoredObject, StoreOptions } from './store.ts';

/** What is being written stands here, beside the sets, until it is whole. `list` never names it. */
const PARTIAL_DIRECTORY = '.partial';
/** Nothing was written to it for so long: its writer was killed. */
const LEFT_BEHIND_MS = 24 * 3_600_000;
const PARTIAL_TRIES = 10;

export interface FolderStoreOptions {
  /** The clock that says which partial files were left behind, in milliseconds since 1970. Default `Date.now`. */
  readonly now?: () => number;
}

/**
 * A store in a directory of this machine, or of what is mounted there. Files are for their owner alone (0600, directories
 * 0700). An object is written under another name, brought to disk, and renamed: it is there as a whole or not at all,
 * after a power cut too. What a killed writer left is removed by a later one, a day on.
 */
export function createFolderStore(
  { directory }: FolderStoreSettings,
  { now = Date.now }: FolderStoreOptions = {},
): Store {
  const fail = (operation: string, path: string, error: unknown): AtrizError =>
    toFolderError(error, { operation, path, directory });
  return {
    name: 'folder',
    place: directory,
    async write(path, source, { signal } = {}) {
      const target = join(directory, ...checkPath(path).split('/'));
      const watched = watchSource(source, signal);
      const partials = join(directory, PARTIAL_DIRECTORY);
      const partial = join(partials, randomBytes(12).toString('hex'));
      try {
        if (signal?.aborted) throw interrupted();
        await makeDirectory(partials);
        await removeLeftBehind(partials, now());
        // Made before anything can fail: a stream that is given up would still make its file, after it was removed.
        const file = await open(partial, 'wx', 0o600);
        await pipeline(watched.bytes, file.createWriteStream({ flush: true }), { ...(signal && { signal }) });
        await putInPlace(partial, target);
      } catch (error) {
        await rm(partial, { force: true }).catch(() => undefined); // the first error wins
        if (signal?.aborted) throw interrupted();
        if (watched.failure.length > 0) throw watched.failure[0];
        throw fail('write', path, error);
      }
    },
    async read(path, { signal } = {}) {
      const file = join(directory, ...checkPath(path).split('/'));
      const begin = async (): Promise<Body> => {
        try {
          const handle = await open(file);
          return { stream: handle.createReadStream(), bytes: undefined };
        } catch (error) {
          throw fail('read', path, error);
        }
      };
      return startDownload({ open: begin, fail: (error) => fail('read', path, error), signal, tries: 1 });
    },
    async *list(prefix, options = {}) {
      try {
        yield* listUnder(directory, { prefix, within: '', ...options });
      } catch (error) {
        throw error instanceof AtrizError ? error : fail('list', prefix, error);
      }
    },
    async remove(path, { signal } = {}) {
      if (signal?.aborted) throw interrupted();
      const file = join(directory, ...checkPath(path).split('/'));
      try {
        await rm(file, { force: true });
        await removeEmpty(dirname(file), directory);
      } catch (error) {
        throw fail('remove', path, error);
      }
    },
  };
}

/** Brings the names of a new directory to disk, up to the one that was there. */
async function makeDirectory(directory: string): Promise<void> {
  const first = await mkdir(directory, { recursive: true, mode: 0o700 });
  if (first === undefined) return;
  for (let made = directory; ; made = dirname(made)) {
    await synchronise(dirname(made));
    if (made === first) return;
  }
}

/** Another's removal may take the directory away between its making and the rename. */
async function putInPlace(partial: string, target: string): Promise<void> {
  for (let tried = 1; ; tried += 1) {
    try {
      await makeDirectory(dirname(target));
      await rename(partial, target);
      await synchronise(dirname(target));
      return;
    } catch (error) {
      if (systemCode(error) !== 'ENOENT' || tried === PARTIAL_TRIES) throw error;
    }
  }
}

/** Brings the names in a directory to disk. */
async function synchronise(directory: string): Promise<void> {
  await using handle = await open(directory);
  await handle.sync();
}

async function removeLeftBehind(partials: string, now: number): Promise<void> {
  for (const name of await readdir(partials)) {
    const file = join(partials, name);
    const found = await stat(file).catch(() => undefined); // another writer was done with it
    if (found && now - found.mtimeMs > LEFT_BEHIND_MS) await rm(file, { force: true });
  }
}

interface Listing extends StoreOptions {
  readonly prefix: string;
  /** The path of the directory in the store, with a `/` at its end, or empty. */
  readonly within: string;
}

async function* listUnder(directory: string, { prefix, within, signal }: Listing): AsyncGenerator<StoredObject> {
  for (const entry of await entriesOf(directory)) {
    if (signal?.aborted) throw interrupted();
    const path = `${within}${orderedName(entry)}`;
    if (entry.name.startsWith('.') || !(path.startsWith(prefix) || prefix.startsWith(path))) continue;
    const file = join(directory, entry.name);
    if (entry.isDirectory()) yield* listUnder(file, { prefix, within: path, signal });
    if (!entry.isFile() || !isPath(path) || !path.startsWith(prefix)) continue;
    const found = await stat(file).catch(ignoreMissing);
    if (found) yield { path, bytes: found.size, modifiedAt: found.mtime };
  }
}

async function entriesOf(directory: string): Promise<Dirent[]> {
  const entries = (await readdir(directory, { withFileTypes: true }).catch(ignoreMissing)) ?? [];
  return entries.sort((a, b) => (orderedName(a) < orderedName(b) ? -1 : 1));
}

/** A directory's ends with its `/`: so the paths come in their order. */
function orderedName(entry: Dirent): string {
  return entry.isDirectory() ? `${entry.name}/` : entry.name;
}

/** Somebody removed it meanwhile, or nothing was ever written. */
function ignoreMissing(error: unknown): undefined {
  if (systemCode(error) !== 'ENOENT') throw error;
}

async function removeEmpty(from: string, root: string): Promise<void> {
  for (let directory = from; directory !== root; directory = dirname(directory)) {
    try {
      await rmdir(directory);
    } catch (error) {
      if (systemCode(error) === 'ENOENT') continue;
      if (systemCode(error) === 'ENOTEMPTY' || systemCode(error) === 'EEXIST') return;
      throw error;
    }
  }
}

function systemCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined;
}

interface Failure {
  readonly operation: string;
  readonly path: string;
  readonly directory: string;
}

function toFolderError(error: unknown, { operation, path, directory }: Failure): AtrizError {
  if (error instanceof AtrizError) return error;
  const code = systemCode(error);
  const place = `${directory}/${path}`;
  if (code === 'ENOENT' && operation === 'read')
    return new AtrizError('BACKUP_FILE_MISSING', `${place} is not there`, { hint: 'use another copy of the set' });
  if (code === 'ENOSPC' || code === 'EDQUOT')
    return new AtrizError('DISK_FULL', `no space is left to write ${place}`, {
      hint: 'free some, or remove old sets: atriz backup prune',
    });
  const hint =
    code === 'EACCES' || code === 'EPERM' || code === 'EROFS'
      ? `let the user that runs atriz write to ${directory}`
      : 'see whether the disk is in order and mounted';
  return new AtrizError('BACKUP_STORE_FAILED', `could not ${operation} ${place}: ${(error as Error).message}`, {
    hint,
    cause: error,
  });
}
