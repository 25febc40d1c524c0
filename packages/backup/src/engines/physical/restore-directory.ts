import { appendFile, chmod, chown, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AtrizError } from '@atriz/database';
import type { Context } from '@atriz/lifecycle';
import type { DataPlace, Settings } from '@atriz/server';
import type { SetReader } from '../../set/reader.ts';
import { refuseWithoutRoom, serverOfSet, unpackServer } from './unpack-server.ts';

const BEGIN = '# begin of what recovers a backup of Atriz; it may go once the server has started';
const END = '# end of what recovers a backup of Atriz';
const FILE = 'postgresql.auto.conf';

export interface RestoreDirectoryOptions {
  /** The index of the server in the set's manifest. */
  readonly server: number;
  /** Where the data directory shall be: it must not exist, or be empty. */
  readonly directory: string;
  /** Whom PostgreSQL runs as. Default: the caller. */
  readonly owner?: DataPlace['owner'];
  readonly context: Context;
}

/**
 * Restores a server of a physical set into a data directory, for a PostgreSQL of the same major version to be started
 * on: at its first start it replays the set's write-ahead log to the snapshot, says so in its log, and takes over.
 * Until then the directory is no server's. {@link endRecovery} takes the settings of the recovery out afterwards.
 *
 * Configuration that lay outside of the data directory, as Debian keeps it, is not in the set. The configuration that
 * is in it is in effect, such as where the server archives its log to: look at it before the first start when the old
 * server still runs.
 *
 * Throws before anything is written `BACKUP_UNKNOWN`, `RESTORE_NO_ROOM`, and `RESTORE_BLOCKED` where something is in
 * the directory; then what the set's reader throws, `BACKUP_CORRUPT`, `DISK_FULL` and `INTERRUPTED`, having removed
 * the directory.
 */
export async function restoreDirectory(
  reader: SetReader,
  { server, directory, owner, context }: RestoreDirectoryOptions,
): Promise<void> {
  const ofSet = serverOfSet(reader, server);
  await refuseContents(directory);
  await refuseWithoutRoom(directory, ofSet);
  const { signal, onProgress } = context;
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    await chmod(directory, 0o700);
    if (owner) await chown(directory, owner.uid, owner.gid);
    onProgress?.(`unpacking the server ${ofSet.server.host}:${ofSet.server.port} of the set into ${directory}`);
    const settings = await unpackServer(reader, ofSet, { dataDirectory: directory, owner, signal });
    await appendFile(join(directory, FILE), render(settings), { mode: 0o600 });
    if (owner) await chown(join(directory, FILE), owner.uid, owner.gid);
  } catch (error) {
    await rm(directory, { recursive: true, force: true });
    throw error;
  }
}

/** Takes the settings of a recovery out of a data directory again. They have no effect any more; nothing has to be restarted. */
export async function endRecovery(directory: string): Promise<void> {
  const path = join(directory, FILE);
  const text = await readFile(path, 'utf8');
  const [from, to] = [text.indexOf(BEGIN), text.indexOf(END)];
  if (from === -1 || to < from) return;
  await writeFile(path, text.slice(0, from) + text.slice(to + END.length + 1));
}

function render(settings: Settings): string {
  const lines = Object.entries(settings).map(([name, value]) => `${name} = '${value}'`);
  return [BEGIN, ...lines, END, ''].join('\n');
}

async function refuseContents(directory: string): Promise<void> {
  let names: string[] = [];
  try {
    names = await readdir(directory);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  if (names.length === 0) return;
  throw new AtrizError('RESTORE_BLOCKED', `${directory} is not empty: it holds ${names.length} files`, {
    hint: 'name a directory that does not exist yet',
  });
}
