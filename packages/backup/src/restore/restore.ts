import { AtrizError } from '@atriz/database';
import { createSlots, type Slots } from '../engines/limited.ts';
import { compareWithManifest } from '../proof/compare.ts';
import type { SetReader } from '../set/reader.ts';
import { readBackupSettings, type BackupSettings } from '../settings/settings.ts';
import type { BackupWorkspace } from '../workspace.ts';
import { openArchiveSource } from './archive-source.ts';
import { restoreDatabases } from './databases.ts';
import type { PlannedDatabase } from './plan.ts';
import { checkRestore } from './preflight.ts';
import type { RestoreOptions, RestoreReport } from './request.ts';
import type { DatabaseSource } from './source.ts';

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
  const { runId, command = 'backup restore', dropOld = false } = options;
  const context = { ...options.context, runId };
  const settings = readBackupSettings(workspace);
  const { planned, warnings } = await checkRestore(workspace, reader, { request: options, context });
  const slots = createSlots(settings.jobs);
  await using source = await openSource(workspace, reader, { planned, settings, slots, context });
  const restored = await restoreDatabases(planned, {
    set: reader.manifest.id,
    source,
    compare: async (into, entry, within) =>
      (await compareWithManifest(into, entry, within)).map(({ message }) => message),
    command,
    dropOld,
    slots,
    context,
  });
  return {
    set: reader.manifest.id,
    takenAt: reader.manifest.takenAt,
    databases: restored.databases,
    table: null,
    replacedServer: null,
    warnings: [...warnings, ...restored.warnings],
    durationMs: performance.now() - start,
  };
}

interface SourceOptions {
  readonly planned: readonly PlannedDatabase[];
  readonly settings: BackupSettings;
  readonly slots: Slots;
  readonly context: RestoreOptions['context'];
}

function openSource(
  { environment }: BackupWorkspace,
  reader: SetReader,
  { planned, settings: { programs, jobs }, slots, context }: SourceOptions,
): Promise<DatabaseSource> {
  if (reader.manifest.engine === 'logical') {
    const path = environment.find('PATH', ['process'])?.value;
    return openArchiveSource(reader, planned, { programs, path, jobs, slots, context });
  }
  throw new AtrizError('BACKUP_VERSION', 'physical');
}
