import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AtrizError } from '@atriz/database';

/** A migration file's name and path; its text is read only where it is needed. */
export interface MigrationFile {
  /** The file's name without `.sql`: what the history records. */
  readonly name: string;
  readonly path: string;
}

/** One direction of a migration. */
export interface MigrationSection {
  readonly sql: string;
  /** Where `sql` begins in the file, in UTF-16 units: errors are told by line and column of the file. */
  readonly offset: number;
}

export interface Migration extends MigrationFile {
  readonly text: string;
  readonly up: MigrationSection;
  /** Absent where the file has no Down marker. */
  readonly down: MigrationSection | undefined;
}

const FILE_NAME = /^\d{13}_[A-Za-z0-9][A-Za-z0-9_.-]*\.sql$/;
const MARKER = /^[ \t]*--[ \t]*(up|down) migration[ \t]*\r?$/gim;
const COMMENTS_AND_BLANKS = /--[^\n]*|\/\*[\s\S]*?\*\/|[\s;]+/g;

/**
 * Lists a directory's migrations in the order in which they run: by timestamp. A directory that does not exist holds
 * none; files that are not SQL are passed over.
 *
 * Throws `MIGRATION_INVALID` for a SQL file whose name does not begin with a timestamp of exactly 13 digits: another
 * length would sort before or after all others.
 */
export async function readMigrationFiles(directory: string): Promise<MigrationFile[]> {
  const names = await readdir(directory).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  const files = names.filter((name) => name.endsWith('.sql') && !name.startsWith('.')).toSorted();
  for (const file of files) {
    if (FILE_NAME.test(file) && file.length <= 255) continue;
    throw new AtrizError('MIGRATION_INVALID', `${join(directory, file)}: not <13-digit ms timestamp>_<name>.sql`, {
      hint: 'rename it; pnpm migrate:create makes well-named files',
    });
  }
  return files.map((file) => ({ name: file.slice(0, -'.sql'.length), path: join(directory, file) }));
}

/** Reads a migration and splits it at its markers. Throws `MIGRATION_INVALID`, with the line, see {@link splitSections}. */
export async function readMigration(file: MigrationFile): Promise<Migration> {
  const text = (await readFile(file.path, 'utf8')).replace(/^\uFEFF/, '');
  return { ...file, text, ...splitSections(text, file.path) };
}

/**
 * Finds the two directions of a migration. A marker is a line that holds nothing but `-- Up Migration` or
 * `-- Down Migration`; a comment that merely mentions one is none. There must be exactly one Up, and at most one Down,
 * after it; what stands before Up may be comments only, and a Down may not be empty.
 */
export function splitSections(text: string, path: string): Pick<Migration, 'up' | 'down'> {
  const markers = [...text.matchAll(MARKER)].map((match) => ({
    kind: match[1]!.toLowerCase(),
    start: match.index,
    end: match.index + match[0].length,
  }));
  const refuse = (at: number, fact: string, hint: string): AtrizError =>
    new AtrizError('MIGRATION_INVALID', `${path}:${lineAt(text, at)}: ${fact}`, { hint });

  const [up, down, third] = markers;
  if (up?.kind !== 'up') {
    throw refuse(up?.start ?? 0, 'it has no "-- Up Migration" line before everything else', 'begin the file with it');
  }
  if (!isBlank(text.slice(0, up.start))) {
    throw refuse(0, 'there are statements before "-- Up Migration", which would never run', 'move them below it');
  }
  const extra = down?.kind === 'up' ? down : third;
  if (extra)
    throw refuse(extra.start, `there is a second "-- ${capitalised(extra.kind)} Migration" line`, 'keep one of each');
  if (down && isBlank(text.slice(down.end))) {
    throw refuse(
      down.start,
      'its Down section is empty, so that undoing it would do nothing',
      'write it, or remove the marker',
    );
  }
  return {
    up: { sql: text.slice(up.end, down?.start), offset: up.end },
    down: down && { sql: text.slice(down.end), offset: down.end },
  };
}

/** The SHA-256, in hex, of a file's text with line ends made LF and blanks at line ends removed. */
export function checksumOf(text: string): string {
  return createHash('sha256')
    .update(text.replaceAll(/[ \t]*(?:\r?\n|$)/g, '\n').trimEnd())
    .digest('hex');
}

function isBlank(sql: string): boolean {
  return sql.replaceAll(COMMENTS_AND_BLANKS, '') === '';
}

function lineAt(text: string, index: number): number {
  return text.slice(0, index).split('\n').length;
}

function capitalised(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}
