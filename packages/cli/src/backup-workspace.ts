import type { BackupWorkspace } from '@atriz/backup';
import { readEnvironment } from '@atriz/database/workspace';
import type { Invocation } from './invocation.ts';

/** The family as backups reach it: all of it, whichever databases the command is about. */
export async function openBackupWorkspace(invocation: Invocation): Promise<BackupWorkspace> {
  const { family, surroundings } = invocation;
  const find = (name: string) => family.databases.find((each) => each.name === name)!;
  return {
    family,
    environment: await readEnvironment(family.root, family.root, surroundings.variables),
    open: (name) => invocation.open(find(name)),
    contextFor: (name) => invocation.contextFor(find(name)),
  };
}
