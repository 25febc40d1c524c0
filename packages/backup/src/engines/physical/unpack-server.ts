import { chown, stat, statfs, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { AtrizError } from '@atriz/database';
import type { DataPlace, Settings } from '@atriz/server';
import type { ManifestFile, ManifestRecovery, ManifestServer, PartKind } from '../../manifest/manifest.ts';
import type { SetReader } from '../../set/reader.ts';
import { unpack } from './unpack.ts';

const SEGMENT = /^[0-9A-F]{24}$|^[0-9A-F]{8}\.history$/;
/** A recovery writes some: a checkpoint, a segment or two of its own. */
const SPARE_BYTES = 64 << 20;

/** A server of a physical set. */
export interface ServerOfSet {
  readonly server: ManifestServer;
  readonly recovery: ManifestRecovery;
  /** The major version of its PostgreSQL. */
  readonly major: string;
  readonly base: ManifestFile;
  readonly wal: ManifestFile;
}

/** Finds what a set holds of a server. Throws `BACKUP_UNKNOWN` when that is no base backup. */
export function serverOfSet({ manifest }: SetReader, index: number): ServerOfSet {
  const server = manifest.servers[index];
  const find = (kind: PartKind) => manifest.files.find((each) => each.kind === kind && each.server === index);
  const [base, wal] = [find('base'), find('wal')];
  if (!server?.recovery || !base || !wal) {
    throw new AtrizError('BACKUP_UNKNOWN', `the set ${manifest.id} holds no base backup of server ${index}`, {
      hint: 'restore its databases instead: atriz backup restore',
    });
  }
  return { server, recovery: server.recovery, major: String(Math.floor(server.version / 10_000)), base, wal };
}

/** Throws `RESTORE_NO_ROOM` when the file system of `directory`, which need not exist yet, has no room for a server. */
export async function refuseWithoutRoom(directory: string, { base, wal }: ServerOfSet): Promise<void> {
  const there = await nearestExisting(directory);
  const { bavail, bsize } = await statfs(there);
  const needed = base.plainBytes + wal.plainBytes + SPARE_BYTES;
  if (bavail * bsize >= needed) return;
  const [want, have] = [needed, bavail * bsize].map((bytes) => Math.ceil(bytes / 1e6));
  throw new AtrizError('RESTORE_NO_ROOM', `the server needs about ${want} MB below ${there}, and ${have} MB are free`, {
    hint: 'free some space there, or name another directory',
  });
}

/**
 * Unpacks a server of a set into its empty data directory and asks for its recovery; returns the settings with which
 * PostgreSQL has to be started for that. The files have their owner and are closed to others.
 *
 * Throws what {@link SetReader.read} does, `BACKUP_CORRUPT`, `RESTORE_NO_ROOM`, `DISK_FULL`, `INTERRUPTED`.
 */
export async function unpackServer(
  reader: SetReader,
  ofSet: ServerOfSet,
  { dataDirectory, owner, signal }: DataPlace & { readonly signal?: AbortSignal | undefined },
): Promise<Settings> {
  const { base, wal, recovery } = ofSet;
  await refuseWithoutRoom(dataDirectory, ofSet);
  try {
    const files = await reader.read(base, { signal });
    await unpack(files, { directory: dataDirectory, owner, name: base.path, signal });
    await requireFiles(dataDirectory, base);
    const log = await reader.read(wal, { signal });
    const directory = join(dataDirectory, 'pg_wal');
    await unpack(log, { directory, owner, name: wal.path, signal, accept: (path) => SEGMENT.test(path) });
    const path = join(dataDirectory, 'recovery.signal');
    await writeFile(path, '', { mode: 0o600 });
    if (owner) await chown(path, owner.uid, owner.gid);
  } catch (error) {
    throw signal?.aborted ? interrupted() : toDiskError(error, dataDirectory);
  }
  return {
    restore_command: 'false', // PostgreSQL wants one; it says that there is nothing else, and pg_wal has it all
    recovery_target_timeline: 'current',
    recovery_target_lsn: recovery.targetLsn,
    recovery_target_inclusive: 'off',
    recovery_target_action: 'promote',
  };
}

async function requireFiles(directory: string, { path }: ManifestFile): Promise<void> {
  for (const name of ['PG_VERSION', 'backup_label', 'global/pg_control']) {
    if ((await stat(join(directory, name), { throwIfNoEntry: false })) !== undefined) continue;
    throw new AtrizError('BACKUP_CORRUPT', `${path} is no base backup: it has no ${name}`);
  }
}

async function nearestExisting(path: string): Promise<string> {
  return (await stat(path, { throwIfNoEntry: false })) === undefined ? nearestExisting(dirname(path)) : path;
}

function toDiskError(error: unknown, directory: string): unknown {
  const { code } = error as NodeJS.ErrnoException;
  if (code !== 'ENOSPC' && code !== 'EDQUOT') return error;
  return new AtrizError('DISK_FULL', `no space left on the disk for ${directory}`, {
    hint: 'free some space, or restore into a directory on another disk',
    cause: error,
  });
}

function interrupted(): AtrizError {
  return new AtrizError('INTERRUPTED', 'interrupted; what was unpacked is removed', { hint: 'run the command again' });
}
