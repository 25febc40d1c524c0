import { join } from 'node:path';
import { AtrizError } from '@atriz/database';
import type { FamilyDatabase } from '@atriz/database/workspace';
import { readMigrationFiles } from '@atriz/lifecycle';
import type { ManifestDatabase } from '../manifest/manifest.ts';

/** How a database of a set stands to the files of its package: either may be ahead of the other. */
export interface Standing {
  /** The migrations that the files have and the set has not. */
  readonly pending: readonly string[];
  /** Those that the set has and the files have not. */
  readonly unknown: readonly string[];
}

/** Reads the files' names. Files that cannot be read hold no restore up: then nothing is told of them. */
export async function readStanding(
  { directory, migrationsDirectory }: FamilyDatabase,
  { migrations }: ManifestDatabase,
): Promise<Standing> {
  const applied = migrations.map(({ name }) => name);
  try {
    const files = (await readMigrationFiles(join(directory, migrationsDirectory))).map(({ name }) => name);
    return {
      pending: files.filter((name) => !applied.includes(name)),
      unknown: applied.filter((name) => !files.includes(name)),
    };
  } catch (error) {
    if (error instanceof AtrizError) return { pending: [], unknown: [] };
    throw error;
  }
}
