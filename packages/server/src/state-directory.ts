import { chmod, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { AtrizError } from '@atriz/database';
import { STATE_DIRECTORY } from '@atriz/database/workspace';
import { withDiskErrors } from './failure.ts';

/**
 * Makes `.atriz/` of a workspace when it is missing, open to others, so that the account which runs PostgreSQL for
 * root can get through to the data. What must be secret in there is closed by itself.
 *
 * @throws AtrizError `PERMISSION_DENIED` when the caller may not write to the workspace, `DISK_FULL`.
 */
export async function makeStateDirectory(root: string): Promise<void> {
  const path = join(root, STATE_DIRECTORY);
  try {
    const created = await withDiskErrors(root, () => mkdir(path, { recursive: true }));
    if (created !== undefined) await chmod(path, 0o755);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? '';
    if (!['EACCES', 'EPERM', 'EROFS'].includes(code)) throw error;
    throw new AtrizError('PERMISSION_DENIED', `${path} cannot be made (${code})`, {
      hint: 'run as the owner of the workspace, or name a PostgreSQL server in .env',
      cause: error,
    });
  }
}
