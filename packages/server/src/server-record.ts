import { randomUUID } from 'node:crypto';
import { rename, writeFile } from 'node:fs/promises';
import { type ServerFile, serverFilePath } from '@atriz/database/workspace';

/** Writes `.atriz/server.json` whole or not at all, readable by its owner only. */
export async function writeServerFile(root: string, file: ServerFile): Promise<void> {
  const path = serverFilePath(root);
  const staging = `${path}.${randomUUID()}`;
  await writeFile(staging, `${JSON.stringify(file, undefined, 2)}\n`, { mode: 0o600 });
  await rename(staging, path);
}
