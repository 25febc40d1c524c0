import { createHash, randomUUID } from 'node:crypto';
import { chmod, cp, lstat, readdir, rename, rm, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { Binaries } from './binaries.ts';
import type { Progress } from './embedded-server.ts';
import { ensureOwnDirectory } from './own-directory.ts';

interface RelocateOptions {
  /** The directory that holds the copies; created when missing, refused when somebody else's. */
  readonly base: string;
  readonly onProgress?: Progress | undefined;
}

/**
 * Copies the programs, once per version and content, to where any account can run them. The copy appears by a
 * rename, so one that was interrupted never counts, and callers who race end up with the same.
 */
export async function relocateBinaries(binaries: Binaries, { base, onProgress }: RelocateOptions): Promise<Binaries> {
  await ensureOwnDirectory(base);
  const target = join(base, `postgresql-${binaries.version}-${await fingerprint(binaries.directory)}`);
  if ((await stat(target, { throwIfNoEntry: false })) === undefined) {
    onProgress?.(`copying PostgreSQL ${binaries.majorVersion} to ${target}`);
    await copyTree(binaries.directory, target);
  }
  const moved = (path: string) => join(target, relative(binaries.directory, path));
  return { ...binaries, directory: target, postgres: moved(binaries.postgres), initdb: moved(binaries.initdb) };
}

async function copyTree(source: string, target: string): Promise<void> {
  const staging = `${target}.${randomUUID()}.new`;
  try {
    await cp(source, staging, { recursive: true, verbatimSymlinks: true });
    await openToEverybody(staging);
    await rename(staging, target);
  } catch (error) {
    await rm(staging, { recursive: true, force: true });
    const code = (error as NodeJS.ErrnoException).code;
    // Another caller's copy, which is the same by its name, was there first.
    if (code !== 'ENOTEMPTY' && code !== 'EEXIST') throw error;
  }
}

/** The checkout may have been made under a strict umask; the copy is for an account that owns none of it. */
async function openToEverybody(directory: string): Promise<void> {
  await chmod(directory, 0o755);
  for (const entry of await readdir(directory, { recursive: true, withFileTypes: true })) {
    if (entry.isSymbolicLink()) continue;
    const path = join(entry.parentPath, entry.name);
    const runnable = entry.isDirectory() || ((await lstat(path)).mode & 0o100) !== 0;
    await chmod(path, runnable ? 0o755 : 0o644);
  }
}

/** Names and sizes tell two trees of one version apart, such as one whose install script never made its links. */
async function fingerprint(directory: string): Promise<string> {
  const entries = await readdir(directory, { recursive: true });
  const lines = await Promise.all(
    entries.map(
      async (path) =>
        `${path} ${(await lstat(join(directory, path))).isDirectory() || (await lstat(join(directory, path))).size}`,
    ),
  );
  return createHash('sha256').update(lines.toSorted().join('\n')).digest('hex').slice(0, 12);
}
