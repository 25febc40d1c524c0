import { AtrizError } from '@atriz/database';
import type { Context } from '@atriz/lifecycle';
import { openKeys } from '../keys/keys.ts';
import { readBackupSettings } from '../settings/settings.ts';
import { openStores } from '../stores/open.ts';
import type { Store } from '../stores/store.ts';
import type { BackupWorkspace } from '../workspace.ts';
import { listSets } from './list.ts';
import { openSet } from './open.ts';
import type { SetReader } from './reader.ts';

export interface FindSetOptions {
  /** The set's name. Default: the newest one that is of use. */
  readonly id?: string | undefined;
  /** The one store to look in. Default: all, in the order of the settings. */
  readonly store?: string | undefined;
  readonly acceptUnsigned?: boolean | undefined;
  readonly context: Pick<Context, 'signal' | 'onProgress'>;
}

/**
 * Opens a set of the workspace's stores, from the first store whose copy can be opened. Without a name it is the newest;
 * a newer one that is of no use is told as progress, and passed over.
 *
 * Throws `BACKUP_UNKNOWN`, and what `openSet` throws of the first copy where none can be opened.
 */
export async function findSet(
  workspace: BackupWorkspace,
  { id, store, acceptUnsigned = false, context: { signal, onProgress } }: FindSetOptions,
): Promise<SetReader> {
  const settings = readBackupSettings(workspace);
  const stores = openStores(settings, { only: store });
  const keys = await openKeys(settings, workspace);
  const options = { ...keys, acceptUnsigned, signal };
  if (id !== undefined) return openFirst(stores, id, options);
  const places = stores.map(({ place }) => place).join(', ');
  for (const set of await listSets(stores, keys, { signal })) {
    if (!set.complete) continue;
    try {
      return await openFirst(set.stores, set.id, options);
    } catch (error) {
      if (!(error instanceof AtrizError) || error.code === 'BACKUP_STORE_FAILED' || signal?.aborted) throw error;
      onProgress?.(`${set.id} is passed over: ${error.message}`);
    }
  }
  throw new AtrizError('BACKUP_UNKNOWN', `there is no set that can be opened in ${places}`, {
    hint: 'atriz backup list shows what is there; atriz backup create makes one',
  });
}

async function openFirst(
  stores: readonly Store[],
  id: string,
  options: Parameters<typeof openSet>[2],
): Promise<SetReader> {
  let failure: unknown;
  for (const store of stores) {
    try {
      return await openSet(store, id, options);
    } catch (error) {
      if (options.signal?.aborted) throw error;
      // That one store does not have it says less than why another's copy is of no use.
      if (failure === undefined || (failure as AtrizError).code === 'BACKUP_UNKNOWN') failure = error;
    }
  }
  throw failure;
}
