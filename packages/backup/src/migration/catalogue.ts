import { AtrizError } from '@atriz/database';
import type { BackupCatalogue, Target } from '@atriz/lifecycle';
import { openKeys } from '../keys/keys.ts';
import { listSets, type ListedSet } from '../set/list.ts';
import { readBackupSettings } from '../settings/settings.ts';
import { openStores } from '../stores/open.ts';
import type { BackupWorkspace } from '../workspace.ts';

/**
 * What the stores know of backups, for who asks before a migration. A set counts for a database when its manifest is
 * genuine and of the same family, environment, definition and database name, and a genuine proof says that this database
 * was restored from it and compared. An instance of a definition is in no set.
 *
 * The stores are listed once, at the first question. Where none is configured, none is known; a store that fails is not
 * taken for an empty one: `findNewestVerified` throws `BACKUP_STORE_FAILED`, and what `readBackupSettings` throws.
 */
export function createBackupCatalogue(workspace: BackupWorkspace): BackupCatalogue {
  let listed: Promise<readonly ListedSet[]> | undefined;
  return {
    async findNewestVerified(target) {
      const sets = await (listed ??= readSets(workspace, target));
      const set = sets.find((each) => isVerifiedFor(each, target));
      return set && { id: set.id, takenAt: set.takenAt };
    },
  };
}

/** Whether a set, as it was listed, brings this database back. Pure. */
export function isVerifiedFor({ manifest, proofs }: ListedSet, target: Target): boolean {
  const { name } = target.database;
  const entry = manifest?.databases.find((each) => each.name === name);
  if (manifest === undefined || entry === undefined || target.instance !== undefined) return false;
  const { identity, databaseName } = entry;
  return (
    manifest.family === target.family &&
    manifest.environment === target.environment &&
    databaseName === target.parameters.database &&
    (identity === null || (identity.definition === name && identity.instance === null)) &&
    proofs.some(({ method, databases }) => method === 'restore' && databases.includes(name))
  );
}

async function readSets(workspace: BackupWorkspace, { database }: Target): Promise<readonly ListedSet[]> {
  const { signal } = workspace.contextFor(database.name);
  try {
    const settings = readBackupSettings(workspace);
    return await listSets(openStores(settings), await openKeys(settings, workspace), { signal });
  } catch (error) {
    if (error instanceof AtrizError && error.code === 'BACKUP_NOT_CONFIGURED') return [];
    throw error;
  }
}
