import { withRun, withSession, type Context } from '@atriz/lifecycle';
import { dropReplaced, type RecoveredServer } from '@atriz/server';
import { restoreServer } from '../engines/physical/restore-server.ts';
import { compareWithManifest } from '../proof/compare.ts';
import type { SetReader } from '../set/reader.ts';
import type { BackupWorkspace } from '../workspace.ts';
import { unproven } from './databases.ts';
import type { PlannedDatabase } from './plan.ts';
import type { RestoredDatabase, RestoreRequest } from './request.ts';
import { readStanding } from './standing.ts';

export interface RestoreServerOptions {
  readonly planned: readonly PlannedDatabase[];
  readonly command: string;
  readonly dropOld: boolean;
  readonly context: Context;
}

export interface RestoredServer {
  readonly databases: readonly RestoredDatabase[];
  /** Where the data that was replaced is now; null where there was none. */
  readonly kept: string | null;
}

/** Whether a restore brings the embedded server back as a whole: all of a physical set, in place. */
export function replacesServer(
  { manifest }: Pick<SetReader, 'manifest'>,
  { inPlace, databases, table }: RestoreRequest,
  planned: readonly PlannedDatabase[],
): boolean {
  const isWhole = inPlace && databases === undefined && table === undefined;
  return isWhole && manifest.engine === 'physical' && planned.every(({ target }) => target.provider === 'embedded');
}

/**
 * Puts a physical set in the place of the embedded server, with every database that was on it, in the family or not; the
 * data that was there is kept. Before it takes the place, while the set's data is served beside, every database of the
 * family is compared with the manifest, and its ledger is told of the run.
 *
 * Throws `BACKUP_UNPROVEN`, with nothing touched, and what `restoreServer` of the physical engine throws.
 */
export async function restoreWholeServer(
  workspace: BackupWorkspace,
  reader: SetReader,
  { planned, command, dropOld, context }: RestoreServerOptions,
): Promise<RestoredServer> {
  const start = performance.now();
  const { server, kept } = await restoreServer(workspace, reader, {
    check: (recovered) => prove(reader, recovered, { planned, command, context }),
    context,
  });
  const { host, port } = server;
  const durationMs = performance.now() - start;
  const databases: RestoredDatabase[] = [];
  for (const { entry, target } of planned) {
    databases.push({
      name: entry.name,
      databaseName: entry.databaseName,
      host,
      port,
      tables: entry.tables.length,
      rows: entry.tables.reduce((sum, { rows }) => sum + rows, 0),
      durationMs,
      kept: null,
      ...(await readStanding(target.database, entry)),
    });
  }
  if (dropOld && kept !== undefined) await dropReplaced(workspace.family.root, kept);
  return { databases, kept: dropOld ? null : (kept ?? null) };
}

async function prove(
  { manifest }: SetReader,
  { host, port, user, password }: RecoveredServer,
  { planned, command, context }: Pick<RestoreServerOptions, 'planned' | 'command' | 'context'>,
): Promise<void> {
  for (const { entry, target } of planned) {
    context.onProgress?.(`comparing ${entry.name} with the manifest`);
    const parameters = { host, port, user, password, database: entry.databaseName, ssl: false };
    const differences = await compareWithManifest({ ...target, parameters }, entry, context);
    const messages = differences.map(({ message }) => message);
    if (messages.length > 0) throw unproven(entry, manifest.id, messages);
    await withSession(parameters, context, (client) =>
      withRun(client, command, context, async ({ note }) => note(manifest.id)),
    );
  }
}
