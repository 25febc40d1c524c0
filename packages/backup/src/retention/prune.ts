import { AtrizError } from '@atriz/database';
import type { Context } from '@atriz/lifecycle';
import { openKeys, type BackupKeys } from '../keys/keys.ts';
import { removeSet } from '../set/remove.ts';
import { readBackupSettings } from '../settings/settings.ts';
import { openStores } from '../stores/open.ts';
import type { Store, StoreOptions } from '../stores/store.ts';
import type { BackupWorkspace } from '../workspace.ts';
import { planPrune, type PlanPruneOptions, type PrunedSet, type StorePrunePlan } from './prune-plan.ts';
import { untieSet } from './untie.ts';

/** What became of one store. */
export interface StorePruneReport {
  readonly store: Pick<Store, 'name' | 'place'>;
  readonly keep: StorePrunePlan['keep'];
  readonly removed: readonly PrunedSet[];
  /** Why not all that was planned was removed; the other stores are done all the same. */
  readonly failure: AtrizError | undefined;
}

export interface PlanPrunesOptions extends Omit<PlanPruneOptions, 'untied'> {
  /** A set that is tied to a migration and need not be any more. */
  readonly untie?: string | undefined;
}

export interface PrunePlan {
  readonly stores: readonly StorePrunePlan[];
  /** Stores that could not be read; nothing is removed from them. */
  readonly failures: readonly { readonly store: Store; readonly error: AtrizError }[];
  readonly untie: string | undefined;
}

export interface WorkspacePruneOptions {
  readonly untie?: string | undefined;
  /** The one store to look at: `folder`, `s3` or `gcs`. Default: all. */
  readonly store?: string | undefined;
  readonly context: Pick<Context, 'signal' | 'now'>;
}

/** {@link planPrunes} by the workspace's settings, for all of its stores or one. */
export async function planWorkspacePrune(
  workspace: BackupWorkspace,
  { untie, store, context: { signal, now = Date.now } }: WorkspacePruneOptions,
): Promise<PrunePlan> {
  const settings = readBackupSettings(workspace);
  const stores = openStores(settings, { only: store });
  const keys = await openKeys(settings, workspace);
  return planPrunes(stores, keys, { rules: settings.retention, now: new Date(now()), untie, signal });
}

export interface RemoveOptions extends StoreOptions {
  readonly onProgress?: ((message: string) => void) | undefined;
}

/**
 * Decides what goes from each store; writes nothing. Throws the failure when no store could be read, and
 * `BACKUP_UNKNOWN` when the set to be untied is in none of them.
 */
export async function planPrunes(
  stores: readonly Store[],
  keys: Pick<BackupKeys, 'signer'>,
  { untie, ...options }: PlanPrunesOptions,
): Promise<PrunePlan> {
  const plans: StorePrunePlan[] = [];
  const failures: PrunePlan['failures'][number][] = [];
  for (const store of stores) {
    try {
      plans.push(await planPrune(store, keys, { ...options, untied: untie === undefined ? [] : [untie] }));
    } catch (error) {
      failures.push({ store, error: asStoreFailure(error, options.signal) });
    }
  }
  if (plans.length === 0 && failures[0]) throw failures[0].error;
  if (untie !== undefined && !plans.some(({ keep, remove }) => [...keep, ...remove].some(({ id }) => id === untie))) {
    throw new AtrizError('BACKUP_UNKNOWN', `no store has a set "${untie}"`, { hint: 'see them: atriz backup list' });
  }
  return { stores: plans, failures, untie };
}

/**
 * Removes what was decided, store by store, the manifest of each set first. A store that fails is told of, and the next
 * one is done. What a removal that was cut off left, a prune removes when nothing was written to it for a day.
 */
export async function runPrunes(
  { stores, failures, untie }: PrunePlan,
  options: RemoveOptions = {},
): Promise<StorePruneReport[]> {
  const reports: StorePruneReport[] = failures.map(({ store, error }) => ({
    store,
    keep: [],
    removed: [],
    failure: error,
  }));
  for (const { store, keep, remove } of stores) {
    const removed: PrunedSet[] = [];
    let failure: AtrizError | undefined;
    try {
      if (untie !== undefined && keep.some(({ id }) => id === untie)) await untieSet([store], untie, options);
      for (const set of remove) {
        options.onProgress?.(`removing ${set.id} from ${store.place}`);
        await removeSet(store, set.id, options);
        removed.push(set);
      }
    } catch (error) {
      failure = asStoreFailure(error, options.signal);
    }
    reports.push({ store, keep, removed, failure });
  }
  return reports;
}

function asStoreFailure(error: unknown, signal: AbortSignal | undefined): AtrizError {
  if (error instanceof AtrizError && error.code !== 'INTERRUPTED' && !signal?.aborted) return error;
  throw error;
}
