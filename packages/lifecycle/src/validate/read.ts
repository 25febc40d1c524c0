import { readFile } from 'node:fs/promises';
import { AtrizError } from '@atriz/database';
import type { FamilyDatabase } from '@atriz/database/workspace';
import { checkMigration } from '../migrations/check-migration.ts';
import {
  listMigrationFiles,
  parseMigration,
  type Migration,
  type MigrationFile,
} from '../migrations/migration-file.ts';
import { readOutline } from '../sql/outline.ts';
import { findingOfFile, findingOfStatement, type Finding } from './finding.ts';

/** What a database's files are, and what is wrong with them by the rules of files and statements. */
export interface ReadFiles {
  readonly database: FamilyDatabase;
  /** Every file that has a migration's name. */
  readonly files: readonly MigrationFile[];
  /** Those of them that could be read. */
  readonly migrations: readonly Migration[];
  readonly findings: readonly Finding[];
}

/** Reads every migration of a database, and tells all that is wrong, not only what comes first. */
export async function readFiles(database: FamilyDatabase): Promise<ReadFiles> {
  const { files, misnamed } = await listMigrationFiles(`${database.directory}/${database.migrationsDirectory}`);
  const read = await Promise.all(files.map(readOne));
  return {
    database,
    files,
    migrations: read.flatMap(({ migration }) => migration ?? []),
    findings: [...misnamed.map(misnamedFinding), ...read.flatMap(({ findings }) => findings)],
  };
}

async function readOne(
  file: MigrationFile,
): Promise<{ readonly migration?: Migration; readonly findings: readonly Finding[] }> {
  try {
    const migration = await parseMigration(file, await readFile(file.path, 'utf8'));
    const faults = await checkMigration(migration);
    const findings = faults.map((fault) => findingOfStatement(file.path, fault));
    return { migration, findings: [...findings, ...findNearMarker(migration)] };
  } catch (error) {
    if (!(error instanceof AtrizError)) throw error;
    return { findings: [findingOfFile(file.path, error)] };
  }
}

function misnamedFinding(path: string): Finding {
  return {
    level: 'error',
    code: 'MIGRATION_INVALID',
    message: 'its name is not <13-digit ms timestamp>_<name>.sql, so it would sort before or after all others',
    hint: 'rename it; pnpm migrate:create makes well-named files',
    path,
  };
}

/** What node-pg-migrate takes for a Down marker, and Atriz for a comment. */
const NEAR_MARKER = /^--[\s-]*down\s+migration/i;

/** In a file without a Down section such a comment may well have been meant as one: then its undoing would be applied. */
function findNearMarker({ text, path, down, irreversible }: Migration): Finding[] {
  if (down || irreversible) return [];
  const { lineComments } = readOutline(text);
  const near = lineComments.find(({ start, end }) => NEAR_MARKER.test(text.slice(start, end)));
  if (near === undefined) return [];
  return [
    {
      level: 'warning',
      code: 'MIGRATION_INVALID',
      rule: 'near-marker',
      message: `"${text.slice(near.start, near.end).trim()}" is a comment, and what is below it belongs to the Up section`,
      hint: 'write "-- Down Migration" and nothing else on the line, or word the comment another way',
      path,
      line: text.slice(0, near.start).split('\n').length,
    },
  ];
}
