import type { ConnectionParameters } from '@atriz/database/workspace';
import { withSession, type Context } from '@atriz/lifecycle';
import type { SetReader } from '../../set/reader.ts';
import { createSlots, runAll, type Slots, type Task } from '../limited.ts';
import { filesOf, readSchemaArchive } from './archive.ts';
import { FIRST_DESCRIPTOR, openChildConnection, type ChildConnection } from './child-connection.ts';
import { startProgram } from './child-program.ts';
import { createPrivateFile, HAS_MEMORY_FILES } from './private-file.ts';
import { failedBySettingOnly, isTooNewFor } from './older-server.ts';
import type { Programs } from './programs.ts';

export interface RestoreDatabaseOptions {
  /** The definition's name. */
  readonly database: string;
  /** A new, empty database. */
  readonly into: ConnectionParameters;
  readonly programs: Pick<Programs, 'pgRestore' | 'major'>;
  /** How many streams at once. */
  readonly jobs: number;
  /** Shares those among several databases that are restored at once. Default: they are this one's. */
  readonly slots?: Slots | undefined;
  /**
   * Give everything the owner and the grants that it had, for which the roles must be there; the planner's statistics are
   * gathered too. Else all belongs to the login, such as in a database that is looked at and dropped.
   */
  readonly owners: boolean;
  readonly context: Context;
}

/**
 * Restores a database of a set into one that is new: its structure, its rows by several streams at once, then indexes,
 * constraints, triggers and policies. The structure is checked whole before any of it is used; of the rows it is known
 * at their end, so a failure leaves a database that is to be dropped.
 *
 * By pg_restore only, which runs what an archive holds as the commands of its kinds. A plain dump is a script for psql,
 * whose own commands can start programs: CVE-2026-18408.
 *
 * Throws `BACKUP_CORRUPT`, `BACKUP_FILE_MISSING`, `BACKUP_KEY_WRONG`, `CLIENT_TOOL_FAILED`, `DISK_FULL`, `INTERRUPTED`.
 */
export async function restoreDatabase(reader: SetReader, options: RestoreDatabaseOptions): Promise<void> {
  const { database, into, jobs, owners, context, slots = createSlots(jobs) } = options;
  const schema = await readSchemaArchive(reader, database, context.signal);
  const tooNew = await isTooNewFor(options.programs, into, context);
  await using connection = await openChildConnection(into);
  const restore = { ...options, connection, tooNew };
  context.onProgress?.(`restoring the structure of ${database}`);
  await slots(() => restoreStream([schema], ['--section=pre-data'], restore));
  context.onProgress?.(`restoring the rows of ${database}`);
  const restoreRows = filesOf(reader, 'data', { database }).map(
    (file): Task =>
      (signal) =>
        slots(async () => {
          const archive = await reader.read(file, { signal });
          await restoreStream(archive, ['--section=data'], { ...restore, context: { signal } });
        }),
  );
  await runAll(restoreRows, { signal: context.signal });
  context.onProgress?.(`restoring the indexes and constraints of ${database}`);
  await slots(() => restorePostData(schema, restore));
  if (owners) await slots(() => withSession(into, context, (client) => client.query('ANALYZE')));
}

interface Restore extends RestoreDatabaseOptions {
  readonly connection: ChildConnection;
  /** See `isTooNewFor`. */
  readonly tooNew: boolean;
}

/** What follows the rows, in parallel: for that pg_restore wants a file, and gets one that is in memory. */
async function restorePostData(schema: Buffer, options: Restore): Promise<void> {
  const { jobs, connection } = options;
  if (!HAS_MEMORY_FILES || jobs < 2) return restoreStream([schema], ['--section=post-data'], options);
  await using file = await createPrivateFile(schema);
  const place = FIRST_DESCRIPTOR + connection.descriptors.length;
  const program = start(['--section=post-data', `--jobs=${jobs}`, file.pathAs(place)], options, [file.descriptor]);
  program.input.end();
  program.output.resume();
  await program.ended;
}

/** The archive is read to its end even where the program wants no more: only there is it known whether it was whole. */
async function restoreStream(
  archive: AsyncIterable<Buffer> | readonly Buffer[],
  selection: readonly string[],
  options: Restore,
): Promise<void> {
  const { input, output, ended, stop } = start(selection, options);
  output.resume();
  let over = false;
  const end = ended.catch(() => undefined).then(() => (over = true));
  try {
    for await (const chunk of archive) {
      if (over) await ended; // with a failure, that is the reason
      else if (!input.write(chunk)) await Promise.race([end, new Promise((resolve) => input.once('drain', resolve))]);
    }
    input.end();
    await ended;
  } finally {
    stop();
    await end;
  }
}

function start(
  selection: readonly string[],
  { programs, owners, connection, tooNew, context }: Restore,
  descriptors: readonly number[] = [],
): ReturnType<typeof startProgram> {
  const ownership = owners
    ? []
    : ['--no-owner', '--no-acl', '--no-tablespaces', '--no-publications', '--no-subscriptions'];
  const settings = ['--format=custom', '--no-password', `--dbname=${connection.databaseOption}`];
  if (!tooNew) settings.push('--exit-on-error');
  return startProgram(programs.pgRestore, [...settings, ...ownership, ...selection], {
    connection,
    descriptors,
    signal: context.signal,
    passes: tooNew ? failedBySettingOnly : undefined,
  });
}
