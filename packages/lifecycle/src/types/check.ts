import { readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { AtrizError } from '@atriz/database';
import type { FamilyDatabase } from '@atriz/database/workspace';
import { readMigrationFiles } from '../migrations/migration-file.ts';
import { hashMigrations, readHash, SCHEMA_FILE } from './header.ts';

/**
 * Checks, without a server, that a package's types were made from the migrations that it has. `root` shortens the
 * file's name in the message. Throws `TYPES_STALE`, and `MIGRATION_INVALID` for files that cannot be listed.
 */
export async function checkTypes(
  { directory, migrationsDirectory }: FamilyDatabase,
  { root = directory }: { readonly root?: string } = {},
): Promise<void> {
  const path = join(directory, SCHEMA_FILE);
  const files = await readMigrationFiles(join(directory, migrationsDirectory));
  const [types, ...texts] = await Promise.all([
    readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined;
      throw error;
    }),
    ...files.map((file) => readFile(file.path, 'utf8')),
  ]);
  const hash = hashMigrations(files.map(({ name }, index) => ({ name, text: texts[index]! })));
  const fault = faultOf(types, hash);
  if (fault === undefined) return;
  throw new AtrizError('TYPES_STALE', `${relative(root, path)} ${fault}`, {
    hint: 'write it anew, and commit it: pnpm db:generate',
  });
}

function faultOf(types: string | undefined, hash: string): string | undefined {
  if (types === undefined) return 'is missing';
  const found = readHash(types);
  if (found === undefined) return 'does not say which migrations it was made from';
  return found === hash ? undefined : 'was made from other migrations than there are now';
}
