import type { FamilyDatabase } from '@atriz/database/workspace';
import { parseMigration, readMigrationFiles, readText, type MigrationFile } from '../migrations/migration-file.ts';
import type { DatabaseMigrations, MigrationNode } from './graph.ts';

/** What a file must hold to be worth a closer look: most hold it nowhere, and reading 500 closely takes its time. */
const HINT = /--[ \t]*(?:requires[ \t]*:|atriz[ \t]*:[ \t]*squashes)/i;

/**
 * Reads the `requires` lines of a package's migrations, and which they squash. A file that is not valid, or a directory
 * that holds such, counts as one without: whoever applies it is told, here nothing but the order is decided.
 */
export async function readNodes(database: FamilyDatabase): Promise<DatabaseMigrations> {
  const { name, dependsOn } = database;
  return { name, dependsOn, migrations: await Promise.all((await listFiles(database)).map(readNode)) };
}

async function readNode(file: MigrationFile): Promise<MigrationNode> {
  const { name, path } = file;
  try {
    const text = readText(file);
    if (!HINT.test(text)) return { name, path, requires: [] };
    const { requires, squashes } = (await parseMigration(file, text)).directives;
    return { name, path, requires, squashes };
  } catch {
    return { name, path, requires: [] };
  }
}

/** The names that a database's migrations have, and had before they were squashed: what `requires` lines may speak of. */
export function namesOf({ migrations }: DatabaseMigrations): string[] {
  return migrations.flatMap(({ name, squashes = [] }) => [...squashes, name]);
}

async function listFiles({ directory, migrationsDirectory }: FamilyDatabase): Promise<MigrationFile[]> {
  return readMigrationFiles(`${directory}/${migrationsDirectory}`).catch(() => []);
}
