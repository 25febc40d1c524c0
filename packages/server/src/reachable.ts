import type { Stats } from 'node:fs';
import { realpath, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Binaries } from './binaries.ts';
import type { ServiceUser } from './service-user.ts';

const READ = 0o4;
const SEARCH = 0o1;

/**
 * Whether `user` may search every directory on the way to `path`, and `path` itself. What does not exist yet is
 * passed over: its creator grants it. Judged by the permission bits; access control lists are not read.
 */
export async function isReachable(path: string, user: ServiceUser): Promise<boolean> {
  const existing = await nearestExisting(path);
  for (let directory = await realpath(existing); ; directory = dirname(directory)) {
    if (!allows(await stat(directory), user, SEARCH)) return false;
    if (directory === dirname(directory)) return true;
  }
}

/** Whether `user` may run these programs and read what they need, so that they can stay where they are. */
export async function canRun({ postgres, initdb, directory }: Binaries, user: ServiceUser): Promise<boolean> {
  const paths = [postgres, initdb, join(directory, 'lib'), join(directory, 'share')];
  for (const path of paths) {
    if (!(await isReachable(path, user)) || !allows(await stat(path), user, READ | SEARCH)) return false;
  }
  return true;
}

async function nearestExisting(path: string): Promise<string> {
  const found = await stat(path, { throwIfNoEntry: false });
  return found === undefined ? nearestExisting(dirname(path)) : path;
}

function allows({ mode, uid, gid }: Stats, user: ServiceUser, wanted: number): boolean {
  // The first class that fits decides, as in the kernel: an owner without the bit is refused though others have it.
  const granted = uid === user.uid ? mode >> 6 : gid === user.gid ? mode >> 3 : mode;
  return (granted & wanted) === wanted;
}
