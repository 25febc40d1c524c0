import type { ConnectionParameters } from '@atriz/database/workspace';
import type { Readable } from 'node:stream';
import { openChildConnection } from './child-connection.ts';
import { startProgram, streamProgram } from './child-program.ts';
import type { PlannedDump } from './dump-plan.ts';
import type { Programs } from './programs.ts';

export interface DumpOptions {
  readonly programs: Programs;
  readonly parameters: ConnectionParameters;
  /** What `pg_export_snapshot()` returned, in a session that still holds it. */
  readonly snapshot: string;
  /** Whom to become, so that no policy hides a row. */
  readonly role: string | undefined;
  /**
   * How long pg_dump waits for a table's lock. It may never get one: whoever wants to alter the table waits for the
   * session that holds the snapshot, and pg_dump behind him.
   */
  readonly lockWaitMs: number;
  readonly signal: AbortSignal;
}

/**
 * Runs `work` with a dump as a stream: an archive in PostgreSQL's custom format, not compressed. Its end says that
 * pg_dump has ended with success; a dump that died half-way fails the stream.
 *
 * Row-level security hides nothing: pg_dump switches it off, and fails where it may not. The large objects that
 * `--table` leaves out are in the archive of the rest.
 */
export async function withDump<Result>(
  { selection }: Pick<PlannedDump, 'selection'>,
  { programs, parameters, snapshot, role, lockWaitMs, signal }: DumpOptions,
  work: (archive: Readable) => Promise<Result>,
): Promise<Result> {
  await using connection = await openChildConnection(parameters);
  const settings = [
    '--format=custom',
    '--compress=0',
    '--no-password',
    '--quote-all-identifiers', // another version's keywords may be this one's names
    `--snapshot=${snapshot}`,
    `--lock-wait-timeout=${lockWaitMs}`,
    ...(role === undefined ? [] : [`--role=${role}`]),
  ];
  const archive = streamProgram(() =>
    startProgram(programs.pgDump, [...settings, ...selection], { connection, signal }),
  );
  try {
    return await work(archive);
  } finally {
    archive.destroy();
  }
}
