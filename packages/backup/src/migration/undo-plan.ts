import { AtrizError } from '@atriz/database';
import {
  findDependents,
  readApplied,
  refuseDestruction,
  withSession,
  type Context,
  type Dependent,
} from '@atriz/lifecycle';
import { openKeys, type BackupKeys } from '../keys/keys.ts';
import type { ManifestDatabase } from '../manifest/manifest.ts';
import { listSets, type ListedSet } from '../set/list.ts';
import { openSet } from '../set/open.ts';
import type { SetReader } from '../set/reader.ts';
import { readBackupSettings } from '../settings/settings.ts';
import { openStores } from '../stores/open.ts';
import type { Store } from '../stores/store.ts';
import type { BackupWorkspace } from '../workspace.ts';
import { readRunTraces, type WrittenMigration } from './run-traces.ts';

export interface UndoRequest {
  /** The run to undo, as `atriz history` shows it. */
  readonly run: string;
  /** The definitions' names of what may be undone; those that the run did not touch are left alone. */
  readonly databases: readonly string[];
  readonly context: Context;
}

/** A set of the run, and what of it is to be put back. */
export interface UndoPart {
  readonly reader: SetReader;
  /** Those that have it. */
  readonly stores: readonly Store[];
  /** Whether nothing more is to be undone with it afterwards. */
  readonly isLast: boolean;
  /** The definitions' names. */
  readonly databases: readonly string[];
}

/** What undoing a run would do. */
export interface UndoPlan {
  readonly run: string;
  /** Usually one; a run of several commands may have made a set for each. */
  readonly parts: readonly UndoPart[];
  /** The migrations that would not be applied any more, by the definition's name. */
  readonly leaving: ReadonlyMap<string, ReadonlySet<string>>;
}

/**
 * Finds the sets that were made before a run, and what of them has to be put back to undo it: the databases in which it
 * wrote. Refuses, before anything is asked or touched, where that must not be. Writes nothing.
 *
 * Throws `BACKUP_UNKNOWN` (no set was made before that run, or it touched none of the databases), `MIGRATION_OUT_OF_ORDER`
 * (later runs wrote migrations that would be lost, or that require what would leave), `DESTRUCTIVE_REFUSED`,
 * `IDENTITY_MISMATCH`, what listing and opening sets throws, and connection errors.
 */
export async function planUndo(workspace: BackupWorkspace, { run, ...request }: UndoRequest): Promise<UndoPlan> {
  const settings = readBackupSettings(workspace);
  const keys = await openKeys(settings, workspace);
  const { signal } = request.context;
  const applied = await readAllApplied(workspace, request);
  const sets = (await listSets(openStores(settings), keys, { signal })).filter(
    ({ manifest }) => manifest?.purpose === 'migration' && manifest.runId === run,
  );
  if (sets.length === 0) throw unknownRun(run);
  const touched = new Map<string, { readonly set: ListedSet; readonly leaving: ReadonlySet<string> }>();
  // Newest first: the oldest set that has a database, made before the run's first migration of it, has the last word.
  for (const set of sets) {
    for (const entry of set.manifest!.databases.filter(({ name }) => request.databases.includes(name))) {
      const leaving = await readLeaving(workspace, entry, {
        run,
        applied: applied.get(entry.name)!,
        context: request.context,
      });
      if (leaving) touched.set(entry.name, { set, leaving });
    }
  }
  if (touched.size === 0) throw untouched(run, sets);
  const leaving = new Map([...touched].map(([name, each]) => [name, each.leaving]));
  await refuseDependents(workspace, { run, leaving, context: request.context });
  const groups = Map.groupBy(touched, ([, { set }]) => set);
  const parts = [...groups].map(async ([set, databases]): Promise<UndoPart> => {
    return {
      reader: await open(set, { ...keys, signal }),
      stores: set.stores,
      isLast: set.manifest!.databases.every(({ name }) => request.databases.includes(name)),
      databases: databases.map(([name]) => name),
    };
  });
  return { run, parts: await Promise.all(parts), leaving };
}

/** What is applied to each database now. A database that is another one than the settings say is found out here, first. */
async function readAllApplied(
  workspace: BackupWorkspace,
  { databases, context }: Pick<UndoRequest, 'databases' | 'context'>,
): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  const read = databases.map(async (name) => {
    return [name, (await readApplied(await workspace.open(name), context)) ?? new Set<string>()] as const;
  });
  return new Map(await Promise.all(read));
}

interface RunInQuestion {
  readonly run: string;
  readonly context: Context;
}

/** What the run wrote into a database, and nobody after it; `undefined` where it wrote nothing. */
async function readLeaving(
  workspace: BackupWorkspace,
  { name, migrations }: ManifestDatabase,
  { run, applied, context }: RunInQuestion & { readonly applied: ReadonlySet<string> },
): Promise<ReadonlySet<string> | undefined> {
  const target = await workspace.open(name);
  const traces = await withSession(target.parameters, context, async (client) => {
    const found = await readRunTraces(client, run);
    if (found.isTouched) await refuseDestruction(client, target, 'replace', context);
    return found;
  });
  if (!traces.isTouched) return undefined;
  const before = new Set(migrations.map((each) => each.name));
  const leaving = new Set([...applied].filter((each) => !before.has(each)));
  const lost = traces.written.filter(({ migration, runId }) => runId !== run && leaving.has(migration));
  refuseLater(name, { run, lost });
  return leaving;
}

interface Lost {
  readonly run: string;
  /** Newest first. */
  readonly lost: readonly WrittenMigration[];
}

function refuseLater(database: string, { run, lost }: Lost): void {
  const [newest] = lost;
  if (newest === undefined) return;
  const told = lost.map(({ migration, runId, command }) => `${migration} (${command ?? 'a run'} ${runId})`).join(', ');
  throw new AtrizError(
    'MIGRATION_OUT_OF_ORDER',
    `refused to undo run ${run}: later runs migrated "${database}" further, and that would be lost: ${told}`,
    { hint: `undo the later runs first: atriz migrate undo --run ${newest.runId}` },
  );
}

async function refuseDependents(
  workspace: BackupWorkspace,
  { run, leaving, context }: RunInQuestion & Pick<UndoPlan, 'leaving'>,
): Promise<void> {
  const dependents = await findDependents(workspace.family.databases, {
    leaving,
    readApplied: async ({ name }) => (await readApplied(await workspace.open(name), context)) ?? new Set(),
  });
  if (dependents.length === 0) return;
  const told = dependents.map(
    ({ database, migration, requires }: Dependent) =>
      `${migration} of ${database} requires ${requires.migration} of ${requires.database}`,
  );
  throw new AtrizError('MIGRATION_OUT_OF_ORDER', `refused to undo run ${run}: ${told.join(', ')}`, {
    hint: 'undo what requires it first: atriz history shows its run',
  });
}

/** From the first store whose copy is good; the next one where that fails. */
async function open(set: ListedSet, keys: BackupKeys & { readonly signal: AbortSignal | undefined }) {
  let failure: unknown;
  for (const store of set.stores) {
    try {
      return await openSet(store, set.id, keys);
    } catch (error) {
      if (keys.signal?.aborted) throw error;
      failure ??= error;
    }
  }
  throw failure;
}

function unknownRun(run: string): AtrizError {
  return new AtrizError('BACKUP_UNKNOWN', `no set was made before run ${run}`, {
    hint: 'atriz history shows the runs, atriz backup list the sets: one is made where AUTO_BACKUP_BEFORE_MIGRATION=true',
  });
}

function untouched(run: string, sets: readonly ListedSet[]): AtrizError {
  const names = sets.flatMap(({ manifest }) => manifest!.databases.map(({ name }) => name));
  return new AtrizError('BACKUP_UNKNOWN', `run ${run} left nothing to undo in ${[...new Set(names)].join(', ')}`, {
    hint: 'it was undone already, or it failed before it wrote anything: atriz history',
  });
}
