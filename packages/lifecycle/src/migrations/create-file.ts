import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AtrizError } from '@atriz/database';
import { readMigrationFiles } from './migration-file.ts';

const TEMPLATE = `-- WHAT AND WHY. Takes: WHICH LOCK, ON WHICH TABLE.

-- Up Migration


-- Down Migration

`;

/**
 * Makes an empty migration file and returns its path. Its timestamp is `now`, or one millisecond after the newest
 * file's where that lies in the future, so that it always runs last.
 *
 * Throws `ARGUMENT_INVALID` for a name that has no letter or digit.
 */
export async function createMigrationFile(
  directory: string,
  name: string,
  { now = Date.now() }: { readonly now?: number } = {},
): Promise<string> {
  const slug = name
    .trim()
    .replaceAll(/[^A-Za-z0-9]+/g, '_')
    .replaceAll(/^_+|_+$/g, '')
    .toLowerCase();
  if (slug === '' || slug.length > 200) {
    throw new AtrizError('ARGUMENT_INVALID', `"${name}" is not a name for a migration`, {
      hint: 'say what it does, such as: pnpm migrate:create add_vehicles',
    });
  }
  await mkdir(directory, { recursive: true });
  const newest = (await readMigrationFiles(directory)).at(-1)?.name.slice(0, 13) ?? '0';
  const path = join(directory, `${Math.max(now, Number(newest) + 1)}_${slug}.sql`);
  await writeFile(path, TEMPLATE, { flag: 'wx' });
  return path;
}
