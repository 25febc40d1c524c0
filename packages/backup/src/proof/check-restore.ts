import { AtrizError } from '@atriz/database';
import { formatColumn, resolveReferences } from '@atriz/database/workspace';
import type { Context, Target } from '@atriz/lifecycle';
import { checkReferences, type ReferenceOutcome } from '@atriz/lifecycle/references';
import type { ManifestDatabase } from '../manifest/manifest.ts';
import { createEngine } from '../set/engines.ts';
import type { SetReader } from '../set/reader.ts';
import type { BackupSettings } from '../settings/settings.ts';
import type { BackupWorkspace } from '../workspace.ts';
import { compareWithManifest, type Difference } from './compare.ts';

/** A database of a set that was restored where nobody else is, and what it was found to be. */
export interface RestoredDatabase {
  readonly name: string;
  readonly tables: number;
  readonly rows: number;
  /** Empty: it is as the manifest says. */
  readonly differences: readonly Difference[];
}

/** A reference of the restored family. */
export interface RestoredReference {
  /** `database.schema.table.column`. */
  readonly reference: string;
  readonly keys: number;
  /** Rows whose key leads nowhere: they were in the family when the set was taken. */
  readonly orphanRows: number;
}

export interface RestoreCheck {
  readonly databases: readonly RestoredDatabase[];
  readonly references: readonly RestoredReference[];
  /** Databases of the set that the workspace does not declare any more: not restored, and not proven. */
  readonly unknown: readonly string[];
  /** From the beginning of the restore until all databases could be asked. */
  readonly restoreMs: number;
}

export interface CheckRestoreOptions {
  readonly settings: BackupSettings;
  readonly context: Context;
}

/**
 * Restores all databases of a set into scratch ones, compares each with the manifest, and checks the references between
 * them. What was restored is removed before it resolves, whatever comes of it.
 *
 * Throws what the engine's `restoreScratch` does, `ARGUMENT_INVALID` where the workspace declares none of the set's
 * databases, and the errors of connections.
 */
export async function checkRestore(
  workspace: BackupWorkspace,
  reader: SetReader,
  { settings, context }: CheckRestoreOptions,
): Promise<RestoreCheck> {
  const { manifest } = reader;
  const known = new Set(workspace.family.databases.map(({ name }) => name));
  const wanted = manifest.databases.filter(({ name }) => known.has(name));
  if (wanted.length === 0) {
    throw new AtrizError('ARGUMENT_INVALID', `this workspace declares none of the databases of ${manifest.id}`, {
      hint: `they are ${manifest.databases.map(({ name }) => name).join(', ')}`,
    });
  }
  const targets = await Promise.all(wanted.map(({ name }) => workspace.open(name)));
  const engine = createEngine(manifest.engine, workspace, settings);
  const start = performance.now();
  context.onProgress?.(`restoring ${manifest.id}`);
  await using restored = await engine.restoreScratch(reader, targets, {
    context,
    jobs: settings.jobs,
    fallback: targets[0],
  });
  const restoreMs = performance.now() - start;
  const databases = await Promise.all(
    wanted.map((database) => compare(restored.targets.get(database.name)!, database, context)),
  );
  return {
    databases,
    references: await checkRestoredReferences(workspace, { databases: wanted, targets: restored.targets, context }),
    unknown: manifest.databases.filter(({ name }) => !known.has(name)).map(({ name }) => name),
    restoreMs,
  };
}

async function compare(target: Target, expected: ManifestDatabase, context: Context): Promise<RestoredDatabase> {
  context.onProgress?.(`comparing ${expected.name} with the manifest`);
  return {
    name: expected.name,
    tables: expected.tables.length,
    rows: expected.tables.reduce((sum, { rows }) => sum + rows, 0),
    differences: await compareWithManifest(target, expected, context),
  };
}

interface RestoredFamilyOptions {
  readonly databases: readonly ManifestDatabase[];
  readonly targets: ReadonlyMap<string, Target>;
  readonly context: Context;
}

/** Those whose both sides were restored and say what they are: the others can lead to nothing that is known. */
async function checkRestoredReferences(
  { family }: BackupWorkspace,
  { databases, targets, context }: RestoredFamilyOptions,
): Promise<readonly RestoredReference[]> {
  const identities = new Map(databases.flatMap(({ name, identity }) => (identity ? [[name, identity] as const] : [])));
  const references = resolveReferences(family.databases).filter(
    ({ source, target }) => identities.has(source.database) && identities.has(target.database),
  );
  const outcomes = await checkReferences(references, {
    // A copy of production is to be taken for what it says it is, here where nothing but a check is done to it.
    open: async (name) => ({ ...targets.get(name)!, environment: identities.get(name)!.environment }),
    contextFor: () => context,
  });
  return outcomes.map(toRestored);
}

function toRestored(outcome: ReferenceOutcome): RestoredReference {
  if (outcome.status === 'failed') throw outcome.error;
  const { keys, orphanRows } = outcome.result;
  return { reference: formatColumn(outcome.reference.source), keys, orphanRows };
}
