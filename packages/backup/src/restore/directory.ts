import { AtrizError } from '@atriz/database';
import type { Context } from '@atriz/lifecycle';
import { restoreDirectory } from '../engines/physical/restore-directory.ts';
import { serverOfSet } from '../engines/physical/unpack-server.ts';
import type { SetReader } from '../set/reader.ts';
import { checkStoredFiles } from './stored-files.ts';

/** A data directory that a server of a set was restored into. */
export interface RestoredDirectory {
  readonly set: string;
  readonly takenAt: string;
  readonly directory: string;
  /** The major version of the PostgreSQL that has to be started on it. */
  readonly major: string;
  readonly durationMs: number;
}

/**
 * Restores the server of a physical set into a data directory, for a PostgreSQL of its version to be started on: for a
 * lost server, where there is no other to restore into. The set's files are checked before anything is written.
 *
 * Throws `ARGUMENT_INVALID` (a set of several servers), `BACKUP_UNKNOWN` (no base backup is in it), and what
 * `checkStoredFiles` and the physical engine throw.
 */
export async function restoreToDirectory(
  reader: SetReader,
  { directory, context }: { readonly directory: string; readonly context: Context },
): Promise<RestoredDirectory> {
  const start = performance.now();
  const { id, takenAt, servers } = reader.manifest;
  if (servers.length > 1) {
    throw new AtrizError(
      'ARGUMENT_INVALID',
      `the set ${id} is of ${servers.length} servers, and a directory is of one`,
      {
        hint: 'restore its databases instead: atriz backup restore',
      },
    );
  }
  const { major, base, wal } = serverOfSet(reader, 0);
  await checkStoredFiles(reader, [base, wal], context);
  await restoreDirectory(reader, { server: 0, directory, context });
  return { set: id, takenAt, directory, major, durationMs: performance.now() - start };
}
