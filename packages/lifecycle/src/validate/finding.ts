import type { AtrizError, ErrorCode } from '@atriz/database';
import type { Fault } from '../migrations/check-migration.ts';
import type { FileFault } from '../migrations/file-error.ts';
import type { Place } from '../migrations/place.ts';
import type { LintFinding } from '../lint/lint.ts';

/** Something that was found without a server. An error makes the check fail, a warning does not. */
export interface Finding {
  readonly level: 'error' | 'warning';
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint?: string | undefined;
  /** The rule's name where one code covers several: the linter's, or that of a statement. */
  readonly rule?: string | undefined;
  /** The file's path; absent where it is not about a file, or about several. */
  readonly path?: string | undefined;
  readonly line?: number | undefined;
  /** With its line's text, where the place is known to the column. */
  readonly place?: Place | undefined;
}

/** From an error that was thrown while a file was read; what it carries tells file and line. */
export function findingOfFile(path: string, { code, hint, cause, message }: AtrizError): Finding {
  const { line, fact = message } = (cause ?? {}) as Partial<FileFault>;
  return { level: 'error', code, message: fact, hint, path, line };
}

export function findingOfStatement(path: string, { place, message, hint, rule }: Fault): Finding {
  return { level: 'error', code: 'MIGRATION_INVALID', message, hint, rule, path, line: place.line, place };
}

export function findingOfLint({ migration, level, place, message, hint, rule }: LintFinding): Finding {
  return { level, code: 'LINT_REFUSED', message, hint, rule, path: migration.path, line: place.line, place };
}

/** From an error that is about the database as a whole. */
export function findingOfError({ code, message, hint }: AtrizError): Finding {
  return { level: 'error', code, message, hint };
}
