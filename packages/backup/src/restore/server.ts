import type { ConnectionParameters } from '@atriz/database/workspace';
import { withRun, withSession, type Context } from '@atriz/lifecycle';
import type { RecoveredServer } from '@atriz/server';
import { restoreServer } from '../engines/physical/restore-server.ts';
import type { ManifestDatabase } from '../manifest/manifest.ts';
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
 * data that was there is kept. Every database of the family is compared with the manifest before, while the set's data is
 * served beside.
 *
 * Throws `BACKUP_UNPROVEN`, with nothing touched, and what `restoreServer` of the physical engine throws.
 */
export async function restoreWholeServer(
  workspace: BackupWorkspace,
  reader: SetReader,
  { planned, command, context }: RestoreServerOptions,
): Promise<RestoredServer> {
  const start = performance.now();
  const { server, kept } = await restoreServer(workspace, reader, {
    check: (recovered) => prove(reader, recovered, { planned, context }),
    context,
  });
  const databases: RestoredDatabase[] = [];
  for (const { entry, target } of planned) {
    const parameters = parametersOf(server, entry);
    const { host, port } = parameters;
    await withSession(parameters, context, (client) =>
      withRun(client, command, context, async ({ note }) => note(reader.manifest.id)),
    );
    databases.push({
      name: entry.name,
      databaseName: entry.databaseName,
      host,
      port,
      tables: entry.tables.length,
      rows: entry.tables.reduce((sum, { rows }) => sum + rows, 0),
      durationMs: performance.now() - start,
      kept: null,
      ...(await readStanding(target.database, entry)),
    });
  }
  return { databases, kept: kept ?? null };
}

async function prove(
  { manifest }: SetReader,
  server: RecoveredServer,
  { planned, context }: Pick<RestoreServerOptions, 'planned' | 'context'>,
): Promise<void> {
  for (const { entry, target } of planned) {
    context.onProgress?.(`comparing ${entry.name} with the manifest`);
    const recovered = { ...target, parameters: parametersOf(server, entry) };
    const differences = await compareWithManifest(recovered, entry, context);
    if (differences.length === 0) continue;
    const messages = differences.map(({ message }) => message);
    throw unproven(entry, manifest.id, messages);
  }
}

function parametersOf({ host, port, user, password }: RecoveredServer, entry: ManifestDatabase): ConnectionParameters {
  return { host, port, user, password, database: entry.databaseName, ssl: false };
}
