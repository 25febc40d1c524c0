import type { BackupWorkspace } from '@atriz/backup';
import type { BackupCatalogue } from '@atriz/lifecycle';

/** What the stores know of backups; they, and all that is about backups, are loaded when somebody asks. */
export function createLazyCatalogue(open: () => Promise<BackupWorkspace>): BackupCatalogue {
  let opened: Promise<BackupCatalogue> | undefined;
  const load = async (): Promise<BackupCatalogue> => {
    const { createBackupCatalogue } = await import('@atriz/backup');
    return createBackupCatalogue(await open());
  };
  return { findNewestVerified: async (target) => (await (opened ??= load())).findNewestVerified(target) };
}
