import { chmod, lstat, mkdir } from 'node:fs/promises';
import { AtrizError } from '@atriz/database';

/**
 * Makes `path` a directory of the calling user that everybody may enter and nobody else may write, and refuses
 * one that is anything else: whoever owns it could swap the programs or the data that are kept there.
 *
 * @throws AtrizError `PERMISSION_DENIED` for a symbolic link, another owner, or one that others may write to.
 */
export async function ensureOwnDirectory(path: string): Promise<void> {
  const created = await mkdir(path, { recursive: true, mode: 0o755 });
  const found = await lstat(path);
  const others = 0o022;
  if (!found.isDirectory() || found.uid !== process.getuid?.() || (found.mode & others) !== 0) {
    throw new AtrizError(
      'PERMISSION_DENIED',
      `${path} is not a directory that only its caller can write to (owner: uid ${found.uid})`,
      {
        hint: `look at what is in ${path}, then remove it or give it to the user who runs this command`,
      },
    );
  }
  // A strict umask would have closed it to the account that PostgreSQL runs as.
  if (created !== undefined) await chmod(path, 0o755);
}
