import { withMaintenanceSession, type Context, type Target } from '@atriz/lifecycle';
import type { ManifestDatabase, ManifestFile } from '../manifest/manifest.ts';
import type { SetReader } from '../set/reader.ts';
import type { BackupWorkspace } from '../workspace.ts';
import {
  chooseDatabases,
  placeOf,
  planDatabases,
  type DatabaseFacts,
  type PlannedDatabase,
  type ServerFacts,
} from './plan.ts';
import type { RestoreRequest } from './request.ts';
import { refuseReplacement } from './replaceable.ts';
import { readFreeBytes } from './room.ts';
import { checkStoredFiles } from './stored-files.ts';

export interface PreflightOptions {
  readonly request: RestoreRequest;
  readonly context: Context;
  /** Asks how much room a server has; a test's own. */
  readonly readFree?: typeof readFreeBytes | undefined;
}

export interface Preflight {
  readonly planned: readonly PlannedDatabase[];
  readonly warnings: readonly string[];
}

/**
 * Everything that can be known before a restore of databases begins: refuses where it cannot end well, touches nothing.
 * What is cheap to ask comes first; the set's files are read as a whole last.
 *
 * Throws what `chooseDatabases`, `planDatabases`, `refuseDestruction` and `checkStoredFiles` throw, and connection errors.
 */
export async function checkRestore(
  workspace: BackupWorkspace,
  reader: SetReader,
  { request, context, readFree = readFreeBytes }: PreflightOptions,
): Promise<Preflight> {
  const { manifest } = reader;
  const entries = chooseDatabases(manifest, workspace.family, request);
  const facts = await readFacts(workspace, entries, { context, readFree });
  const planned = planDatabases(facts, manifest, {
    ...request,
    now: new Date((context.now ?? Date.now)()),
    allowDestructive: context.allowDestructive,
  });
  for (const { target, oldName } of planned) {
    if (oldName !== undefined) await refuseReplacement(target, 'replace', context);
  }
  await checkStoredFiles(reader, filesOf(reader, entries), context);
  const unknown = new Set(
    facts.filter(({ server }) => server.freeBytes === undefined).map(({ target }) => placeOf(target)),
  );
  return { planned, warnings: [...unknown].map((place) => `nobody here can know how much room ${place} has`) };
}

/** The files that a restore of these databases reads: theirs, and those that belong to their servers or to the set. */
export function filesOf({ manifest }: SetReader, entries: readonly ManifestDatabase[]): ManifestFile[] {
  const names = new Set(entries.map(({ name }) => name));
  const servers = new Set(entries.map(({ server }) => server));
  return manifest.files.filter(({ database, server }) =>
    database === null ? server === null || servers.has(server) : names.has(database),
  );
}

async function readFacts(
  workspace: BackupWorkspace,
  entries: readonly ManifestDatabase[],
  { context, readFree }: { readonly context: Context; readonly readFree: typeof readFreeBytes },
): Promise<DatabaseFacts[]> {
  const servers = new Map<string, ServerFacts>();
  const facts: DatabaseFacts[] = [];
  for (const entry of entries) {
    const target = await workspace.open(entry.name);
    const server = servers.get(placeOf(target)) ?? (await readServer(target, { context, readFree }));
    servers.set(placeOf(target), server);
    facts.push({ entry, target, server });
  }
  return facts;
}

function readServer(
  target: Target,
  { context, readFree }: { readonly context: Context; readonly readFree: typeof readFreeBytes },
): Promise<ServerFacts> {
  return withMaintenanceSession(target, context, async (client) => {
    const { rows } = await client.query<{ version: number; names: string[] }>(
      `SELECT current_setting('server_version_num')::int AS version, array_agg(datname::text) AS names FROM pg_database`,
    );
    const { version, names } = rows[0]!;
    return { version, names: new Set(names), freeBytes: await readFree(client, target) };
  });
}
