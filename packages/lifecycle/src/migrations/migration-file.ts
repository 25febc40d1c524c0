import { readFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { readOutline } from '../sql/outline.ts';
import type { Target } from '../target.ts';
import { readDirectives, type Directives } from './directives.ts';
import { fileError } from './file-error.ts';
import { splitSections, type Sections } from './sections.ts';

export type { Directives, Requirement } from './directives.ts';
export type { MigrationSection } from './sections.ts';

/** A migration file's name and path; its text is read only where it is needed. */
export interface MigrationFile {
  /** The file's name without `.sql`: what the history records. */
  readonly name: string;
  readonly path: string;
}

export interface Migration extends MigrationFile, Sections {
  /** Without a byte order mark. */
  readonly text: string;
  readonly directives: Directives;
}

const FILE_NAME = /^\d{13}_[A-Za-z0-9][A-Za-z0-9_.-]*\.sql$/;

/**
 * Lists a directory's migrations in the order in which they run: by timestamp. A directory that does not exist holds
 * none; files that are not SQL are passed over.
 *
 * Throws `MIGRATION_INVALID` for a SQL file whose name does not begin with a timestamp of exactly 13 digits: another
 * length would sort before or after all others.
 */
export async function readMigrationFiles(directory: string): Promise<MigrationFile[]> {
  const { files, misnamed } = await listMigrationFiles(directory);
  const [path] = misnamed;
  if (path === undefined) return files;
  throw fileError(path, { fact: MISNAMED }, 'rename it; pnpm migrate:create makes well-named files');
}

const MISNAMED = 'not <13-digit ms timestamp>_<name>.sql';

/** {@link readMigrationFiles}, with the paths of the SQL files whose names are wrong instead of an error. */
export async function listMigrationFiles(
  directory: string,
): Promise<{ readonly files: MigrationFile[]; readonly misnamed: readonly string[] }> {
  const names = await readdir(directory).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  const all = names.filter((name) => name.endsWith('.sql') && !name.startsWith('.')).toSorted();
  return {
    files: all
      .filter(isWellNamed)
      .map((name) => ({ name: name.slice(0, -'.sql'.length), path: join(directory, name) })),
    misnamed: all.filter((name) => !isWellNamed(name)).map((name) => join(directory, name)),
  };
}

function isWellNamed(name: string): boolean {
  return FILE_NAME.test(name) && name.length <= 255;
}

/** Where a database's migrations lie. */
export function directoryOf({ database }: Pick<Target, 'database'>): string {
  return join(database.directory, database.migrationsDirectory);
}

/** The text of a file as it lies there. Not by a promise: of hundreds of small files, those cost ten times the reading. */
export function readText({ path }: MigrationFile): string {
  return readFileSync(path, 'utf8');
}

/**
 * Reads a migration: its two directions and its directives. What its statements are is not looked at.
 * Throws `MIGRATION_INVALID`, with the line, see {@link splitSections} and {@link readDirectives}.
 */
export async function readMigration(file: MigrationFile): Promise<Migration> {
  return parseMigration(file, readText(file));
}

/** {@link readMigration} for a text that is at hand. */
export async function parseMigration(file: MigrationFile, content: string): Promise<Migration> {
  const text = content.replace(/^\uFEFF/, '');
  const outline = readOutline(text);
  const sections = await splitSections(text, file.path, outline);
  return { ...file, text, ...sections, directives: readDirectives(text, file.path, outline) };
}
