import { relative } from 'node:path';
import { AtrizError } from '@atriz/database';
import { readMigration, type MigrationFile } from '../migrations/migration-file.ts';
import { quotePlace } from '../migrations/place.ts';
import { lintMigrations, type LintFinding, type LintOptions } from './lint.ts';

/** `file:line:column: message (rule)`, the line, and a mark below it. */
export function describeLintFinding({ migration, place, message, rule }: LintFinding): string {
  const file = relative(process.cwd(), migration.path);
  return [`${file}:${place.line}:${place.column}: ${message} (${rule})`, ...quotePlace(place)].join('\n');
}

/** {@link lintMigrations} for files that were not read yet. Throws `MIGRATION_INVALID` too, for what cannot be read. */
export async function lintFiles(files: readonly MigrationFile[], options: LintOptions): Promise<LintFinding[]> {
  return lintMigrations(await Promise.all(files.map(readMigration)), options);
}

/**
 * Refuses migrations that the linter finds errors in; warnings pass.
 *
 * Throws `LINT_REFUSED`, with every error, and what {@link lintMigrations} throws.
 */
export async function refuseLintErrors(files: readonly MigrationFile[], options: LintOptions): Promise<void> {
  const errors = (await lintFiles(files, options)).filter(({ level }) => level === 'error');
  if (errors.length === 0) return;
  const lines = [...errors.map(describeLintFinding), 'nothing was applied'];
  throw new AtrizError('LINT_REFUSED', lines.join('\n'), {
    hint: 'write it so that nobody waits or loses anything, or add --accept-lint to apply it as it is',
  });
}
