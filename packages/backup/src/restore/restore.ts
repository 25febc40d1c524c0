import type { Engine } from '../engines/engine.ts';
import { createSlots, type Slots } from '../engines/limited.ts';
import { compareWithManifest } from '../proof/compare.ts';
import { createEngine } from '../set/engines.ts';
import type { SetReader } from '../set/reader.ts';
import { readBackupSettings, type BackupSettings } from '../settings/settings.ts';
import type { BackupWorkspace } from '../workspace.ts';
import { openArchiveSource } from './archive-source.ts';
import { restoreDatabases } from './databases.ts';
import type { PlannedDatabase } from './plan.ts';
import { checkRestore } from './preflight.ts';
import type { RestoreOptions, RestoreReport } from './request.ts';
import { openScratchSource } from './scratch-source.ts';
import { replacesServer, restoreWholeServer } from './server.ts';
import type { DatabaseSource } from './source.ts';
import { restoreTable } from './table.ts';

/**
 * Brings back a set, some of its databases, or one table: beside what exists, or in its place, which is kept.
 *
 * Nothing is touched before it is known that the set is whole, that its key is at hand, that the server can take it, has
 * room where that can be known, and that names and identities are in nobody's way; and no database takes another's place
 * before it was compared with the manifest, row for row. In place, whatever happens, the databases of one server are all
 * the old ones or all the new ones. The new ones' ledgers keep the run, with the set's name as what it changed.
 *
 * Throws `BACKUP_FOREIGN`, `BACKUP_FILE_MISSING`, `BACKUP_CORRUPT`, `BACKUP_KEY_MISSING`, `BACKUP_KEY_WRONG`,
 * `BACKUP_VERSION`, `CLIENT_TOOLS_MISSING`, `DESTRUCTIVE_REFUSED`, `IDENTITY_MISMATCH`, `RESTORE_BLOCKED`,
 * `RESTORE_NO_ROOM` before anything is touched; `BACKUP_UNPROVEN`, `CLIENT_TOOL_FAILED`, `DISK_FULL`, `INTERRUPTED`
 * and connection errors, after which what was being made is dropped.
 */
export async function restoreSet(
  workspace: BackupWorkspace,
  reader: SetReader,
  options: RestoreOptions,
): Promise<RestoreReport> {
  const start = performance.now();
  const { runId, command = 'backup restore', dropOld = false, table } = options;
  const context = { ...options.context, runId };
  const settings = readBackupSettings(workspace);
  const { manifest } = reader;
  const engine = createEngine(manifest.engine, workspace, settings);
  const shared = { engine, command, jobs: settings.jobs, context };
  const report = (more: Partial<RestoreReport>): RestoreReport => ({
    set: manifest.id,
    takenAt: manifest.takenAt,
    databases: [],
    table: null,
    replacedServer: null,
    warnings: [],
    ...more,
    durationMs: performance.now() - start,
  });
  if (table !== undefined) {
    const request = { ...options, table };
    return report({ table: await restoreTable(workspace, reader, { ...shared, request }) });
  }
  const { planned, warnings } = await checkRestore(workspace, reader, { request: options, context });
  if (replacesServer(reader, options, planned)) {
    const { databases, kept } = await restoreWholeServer(workspace, reader, { ...shared, planned, dropOld });
    return report({ databases, replacedServer: kept, warnings });
  }
  const slots = createSlots(settings.jobs);
  await using source = await openSource(workspace, reader, { ...shared, planned, settings, slots });
  const restored = await restoreDatabases(planned, {
    set: manifest.id,
    source,
    compare: async (into, entry, within) =>
      (await compareWithManifest(into, entry, within)).map(({ message }) => message),
    command,
    dropOld,
    slots,
    context,
  });
  return report({ databases: restored.databases, warnings: [...warnings, ...restored.warnings] });
}

interface SourceOptions {
  readonly planned: readonly PlannedDatabase[];
  readonly engine: Engine;
  readonly settings: BackupSettings;
  readonly slots: Slots;
  readonly context: RestoreOptions['context'];
}

function openSource(
  { environment }: BackupWorkspace,
  reader: SetReader,
  { planned, engine, settings: { programs, jobs }, slots, context }: SourceOptions,
): Promise<DatabaseSource> {
  if (engine.name === 'physical') return openScratchSource(reader, planned, { engine, jobs, context });
  const path = environment.find('PATH', ['process'])?.value;
  return openArchiveSource(reader, planned, { programs, path, jobs, slots, context });
}
