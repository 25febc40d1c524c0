import { replaceData, type Replaced, type ReplaceOptions } from '@atriz/server';
import type { Context } from '@atriz/lifecycle';
import type { SetReader } from '../../set/reader.ts';
import type { BackupWorkspace } from '../../workspace.ts';
import { serverOfSet, unpackServer } from './unpack-server.ts';

/** A recovery replays what was written while the files were copied, which can be much. */
const RECOVERY_TIMEOUT_MS = 30 * 60_000;

export interface RestoreServerOptions {
  /** The index of the server in the set's manifest. Default 0. */
  readonly server?: number;
  /** Looks at the recovered server before it takes the place of the other, and throws to keep it from that. */
  readonly check?: ReplaceOptions['check'];
  readonly context: Context;
}

/**
 * Makes a server of a physical set the workspace's embedded server, which then has all databases, roles and passwords
 * of the backup; only its superuser keeps the password that the workspace knows. Needs nothing but the set: in a
 * workspace without `.atriz` the embedded server begins with it.
 *
 * The data before is kept beside, in the directory that is returned as `kept`, until `dropReplaced` of @atriz/server.
 * A failure brings it back. Sessions that are open are ended by the swap.
 *
 * Throws `BACKUP_UNKNOWN`, `BACKUP_VERSION` (the set is of another major version than the embedded server),
 * `RESTORE_NO_ROOM`, what the set's reader throws, `BACKUP_CORRUPT`, `EMBEDDED_FAILED`, `DISK_FULL`, `INTERRUPTED`, and what `check` throws.
 */
export async function restoreServer(
  { family }: BackupWorkspace,
  reader: SetReader,
  { server = 0, check, context }: RestoreServerOptions,
): Promise<Replaced> {
  const ofSet = serverOfSet(reader, server);
  const { onProgress, signal, now } = context;
  return replaceData(family.root, {
    major: ofSet.major,
    superuser: ofSet.recovery.superuser,
    check,
    now,
    onProgress,
    timeoutMs: RECOVERY_TIMEOUT_MS,
    signal,
    async fill(place) {
      onProgress?.(`unpacking the server ${ofSet.server.host}:${ofSet.server.port} of the set`);
      return unpackServer(reader, ofSet, { ...place, signal });
    },
  });
}
