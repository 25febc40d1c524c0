import { pipeline } from 'node:stream/promises';
import { AtrizError } from '@atriz/database';
import { withMaintenanceSession, type Context, type Target } from '@atriz/lifecycle';
import pg from 'pg';
import { openChildConnection } from '../../engines/logical/child-connection.ts';
import { startProgram } from '../../engines/logical/child-program.ts';
import { createLike } from '../../engines/logical/new-database.ts';
import type { Programs } from '../../engines/logical/programs.ts';
import type { ManifestDatabase } from '../../manifest/manifest.ts';
import { compareWithManifest } from '../../proof/compare.ts';
import { describeDatabase } from '../../proof/fingerprint.ts';
import { withCommonSnapshot } from '../../snapshot/common-snapshot.ts';

export interface CopyOptions {
  readonly programs: Pick<Programs, 'pgDump' | 'pgRestore'>;
  /** The database to make, beside others of that server. */
  readonly into: Target;
  readonly context: Context;
}

/**
 * Copies a database, of a server that nobody else uses, into a new one on another server: dumped and restored in one
 * stream, then read on both sides and compared. The roles that own its objects have to be there. Returns what the source
 * holds. On failure the new database is dropped.
 *
 * Throws `RESTORE_BLOCKED` (there is one of that name), `BACKUP_UNPROVEN` (what arrived differs), `CLIENT_TOOL_FAILED`.
 */
export async function copyByDump(source: Target, { programs, into, context }: CopyOptions): Promise<ManifestDatabase> {
  const described = await withCommonSnapshot([source], { context, perDatabase: false }, ({ sessions }) =>
    describeDatabase(sessions[0]!, context),
  );
  const name = into.parameters.database;
  await createLike(described, { maintenance: into, name, context });
  try {
    context.onProgress?.(`copying into "${name}"`);
    await copyRows(source, { programs, into, context });
    const [first, ...others] = await compareWithManifest(into, described, context);
    if (first === undefined) return described;
    const more = others.length === 0 ? '' : `, and ${others.length} other differences`;
    throw new AtrizError('BACKUP_UNPROVEN', `"${name}" is not what was recovered: ${first.message}${more}`, {
      hint: 'it was dropped; run the command again',
    });
  } catch (error) {
    await drop(into).catch(() => undefined); // the first error wins
    throw error;
  }
}

/** Fails when either program does: half an archive never looks like a whole one to pg_restore. */
async function copyRows(source: Target, { programs, into, context: { signal } }: CopyOptions): Promise<void> {
  await using from = await openChildConnection(source.parameters);
  await using to = await openChildConnection(into.parameters);
  const dump = startProgram(programs.pgDump, ['--format=custom', '--compress=0', '--no-password'], {
    connection: from,
    signal,
  });
  const settings = ['--format=custom', '--no-password', '--exit-on-error', `--dbname=${to.databaseOption}`];
  const restore = startProgram(programs.pgRestore, settings, { connection: to, signal });
  restore.output.resume();
  dump.input.end();
  try {
    const flow = pipeline(dump.output, restore.input).catch(() => undefined); // why it broke off, a program says
    await Promise.all([dump.ended, restore.ended, flow]);
  } finally {
    dump.stop();
    restore.stop();
  }
}

function drop(target: Target): Promise<void> {
  return withMaintenanceSession(target, {}, async (client) => {
    const name = pg.escapeIdentifier(target.parameters.database);
    await client.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
  });
}
