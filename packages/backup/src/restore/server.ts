import { withRun, withSession, type Context } from '@atriz/lifecycle';
import type { Engine } from '../engines/engine.ts';
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
  readonly engine: Engine;
  readonly command: string;
  readonly jobs: number;
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
 * data that was there is kept. It is restored twice: first beside, where every database of the family is compared with
 * the manifest, since what took a server's place cannot be looked at before.
 *
 * Throws `BACKUP_UNPROVEN`, with nothing touched, and what `restoreServer` of the physical engine throws.
 */
export async function restoreWholeServer(
  workspace: BackupWorkspace,
  reader: SetReader,
  { planned, engine, command, jobs, context }: RestoreServerOptions,
): Promise<RestoredServer> {
  const start = performance.now();
  await prove(reader, { planned, engine, command, jobs, context });
  const { server, kept } = await restoreServer(workspace, reader, { context });
  const databases: RestoredDatabase[] = [];
  for (const { entry, target } of planned) {
    const { host, port, user, password } = server;
    const parameters = { host, port, user, password, database: entry.databaseName, ssl: false as const };
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

async function prove(reader: SetReader, { planned, engine, jobs, context }: RestoreServerOptions): Promise<void> {
  const targets = planned.map(({ target }) => target);
  await using scratch = await engine.restoreScratch(reader, targets, { context, jobs });
  for (const { entry } of planned) {
    context.onProgress?.(`comparing ${entry.name} with the manifest`);
    const differences = await compareWithManifest(scratch.targets.get(entry.name)!, entry, context);
    if (differences.length > 0)
      throw unproven(
        entry,
        reader.manifest.id,
        differences.map(({ message }) => message),
      );
  }
}
