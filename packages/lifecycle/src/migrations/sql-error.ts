import { relative } from 'node:path';
import { AtrizError, sqlState } from '@atriz/database';
import type { Migration, MigrationSection } from './migration-file.ts';
import { placeAt, quotePlace, type Place } from './place.ts';

interface ServerError extends Error {
  readonly code?: string;
  readonly position?: string;
  readonly detail?: string;
  readonly hint?: string;
  readonly where?: string;
}

/** More than that many names hide what the message is about. */
const MOST_NAMES = 5;

export interface Failure {
  readonly migration: Migration;
  readonly section: MigrationSection;
  readonly direction: 'up' | 'down';
  /** The names of those that were committed before it in this run. */
  readonly kept: readonly string[];
  readonly cause: unknown;
}

/**
 * Tells a failed migration as a compiler would: file, line and column, PostgreSQL's own words, the line itself with
 * the place marked, and what became of the migrations before it.
 */
export function migrationError({ migration, section, direction, kept, cause }: Failure): AtrizError {
  const error = cause as ServerError;
  const place = placeOf(migration, section, error);
  const file = relative(process.cwd(), migration.path);
  const lines = [
    `${file}${place ? `:${place.line}:${place.column}` : ''}: ${error.message}${error.code ? ` (${error.code})` : ''}`,
    ...(place ? quotePlace(place) : []),
    ...[error.detail, error.hint, error.where].filter(Boolean).map((text) => `  ${text}`),
    `${ownFate(migration, error, direction)}; ${fateOf(kept, direction)}`,
  ];
  return new AtrizError('MIGRATION_FAILED', lines.join('\n'), {
    hint: hintFor(migration, error),
    cause,
  });
}

const PERMISSION_DENIED = '42501';

function hintFor({ directives }: Migration, error: ServerError): string {
  if (directives.noTransaction) return 'see what is to be done now: atriz migrate status';
  return sqlState(error) === PERMISSION_DENIED
    ? 'the role that owns the database migrates it; what only a superuser may, such as an extension, let one do, and run it again'
    : 'correct the file and run the command again; it goes on from here';
}

/** Without an SQLSTATE it was not the server that spoke: the connection broke, perhaps behind the COMMIT. */
function ownFate({ directives }: Migration, error: ServerError, direction: Failure['direction']): string {
  if (directives.noTransaction) return 'it has no transaction: what its statements before this one did stays';
  const deed = direction === 'up' ? 'migration' : 'undoing';
  if (sqlState(error) === '') return `whether this ${deed} was committed is not known (pnpm migrate status tells)`;
  return `this ${deed} was rolled back`;
}

function fateOf(kept: readonly string[], direction: Failure['direction']): string {
  if (kept.length === 0) return `this run ${direction === 'up' ? 'applied' : 'undid'} nothing before it`;
  const verb = direction === 'up' ? 'applied' : 'undone';
  const names = kept.length <= MOST_NAMES ? kept.join(', ') : `${kept.length}, the last of them ${kept.at(-1)}`;
  return `${verb} before it and kept: ${names}`;
}

/**
 * PostgreSQL counts characters from 1 over the whole text that it was sent, which begins with the section. A fault
 * behind the section is one that it ends in the middle of: its last character is the place then.
 */
function placeOf(migration: Migration, section: MigrationSection, { position }: ServerError): Place | undefined {
  if (position === undefined) return undefined;
  const before = [...section.sql].slice(0, Number(position) - 1).join('');
  const index = section.offset + Math.min(before.length, section.sql.trimEnd().length);
  return placeAt(migration.text, index);
}
