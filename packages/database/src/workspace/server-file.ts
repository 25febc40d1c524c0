import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** The directory at the workspace root that holds what Atriz keeps on this machine; ignored by git. */
export const STATE_DIRECTORY = '.atriz';

/** What an embedded server leaves for others to find it by: written by `@atriz/server`, readable by its owner only. */
export interface ServerFile {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly dataDirectory: string;
}

export function serverFilePath(root: string): string {
  return join(root, STATE_DIRECTORY, 'server.json');
}

/**
 * Reads where the workspace's embedded server listens, or `undefined` when none was ever started there.
 * The server may have stopped since: the file says where it was, not that it runs.
 */
export async function readServerFile(root: string): Promise<ServerFile | undefined> {
  try {
    return JSON.parse(await readFile(serverFilePath(root), 'utf8')) as ServerFile;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
