import type { AtrizError } from '@atriz/database';
import { readOutline, type Outline } from '../sql/outline.ts';
import { fileError } from './file-error.ts';

/** One direction of a migration. */
export interface MigrationSection {
  readonly sql: string;
  /** Where `sql` begins in the file, in UTF-16 units: errors are told by line and column of the file. */
  readonly offset: number;
}

export interface Sections {
  readonly up: MigrationSection;
  /** Absent where the file has no Down marker, or says that there is none. */
  readonly down: MigrationSection | undefined;
  /** The file says `-- Down Migration: none`: it cannot be undone, on purpose. */
  readonly irreversible: boolean;
}

interface Marker {
  readonly kind: 'up' | 'down';
  /** What stands behind a colon; absent without one. */
  readonly value: string | undefined;
  readonly start: number;
  /** Behind the marker, before its line end. */
  readonly end: number;
}

const MARKER = /^--[ \t]*(up|down) migration[ \t]*(?::[ \t]*(.*?)[ \t]*)?$/i;

/**
 * Finds the two directions of a migration. A marker is a line that holds nothing but `-- Up Migration` or
 * `-- Down Migration`, outside every statement: none in a string, a body, another comment, or between two lines of a
 * statement. There must be exactly one Up, and at most one Down, after it; what stands before Up may be comments only.
 * A Down may not be empty: `-- Down Migration: none` says that there is no way back.
 *
 * Throws `MIGRATION_INVALID`, with the line.
 */
export async function splitSections(
  text: string,
  path: string,
  outline: Outline = readOutline(text),
): Promise<Sections> {
  const refuse = (at: number, fact: string, hint: string): AtrizError =>
    fileError(path, { line: lineAt(text, at), fact }, hint);

  const markers = await findMarkers(text, outline, refuse);
  const [up, down, third] = markers;
  if (up?.kind !== 'up') {
    throw refuse(up?.start ?? 0, 'it has no "-- Up Migration" line before everything else', 'begin the file with it');
  }
  if (up.value !== undefined) {
    throw refuse(up.start, `"-- Up Migration: ${up.value}" is no marker`, 'leave out what stands behind it');
  }
  if (!isBlank(outline.code.slice(0, up.start))) {
    throw refuse(0, 'there are statements before "-- Up Migration", which would never run', 'move them below it');
  }
  const extra = down?.kind === 'up' ? down : third;
  if (extra) {
    const name = extra.kind === 'up' ? 'Up' : 'Down';
    throw refuse(extra.start, `there is a second "-- ${name} Migration" line`, 'keep one of each');
  }
  const section = (from: Marker, to?: Marker): MigrationSection => ({
    sql: text.slice(from.end, to?.start),
    offset: from.end,
  });
  const irreversible = down?.value !== undefined;
  if (down) checkDown(down, isBlank(outline.code.slice(down.end)), refuse);
  return { up: section(up, down), down: down && !irreversible ? section(down) : undefined, irreversible };
}

type Refuse = (at: number, fact: string, hint: string) => AtrizError;

function checkDown({ start, value }: Marker, isEmpty: boolean, refuse: Refuse): void {
  if (value === undefined) {
    if (!isEmpty) return;
    throw refuse(
      start,
      'its Down section is empty, so that undoing it would do nothing',
      'write it, or say "-- Down Migration: none" where there is no way back',
    );
  }
  if (value.toLowerCase() !== 'none') {
    throw refuse(
      start,
      `"-- Down Migration: ${value}" is no marker`,
      'write "-- Down Migration", or ": none" behind it',
    );
  }
  if (!isEmpty) {
    throw refuse(start, 'there are statements below "-- Down Migration: none"', 'remove them, or the word none');
  }
}

async function findMarkers(text: string, { code, lineComments }: Outline, refuse: Refuse): Promise<Marker[]> {
  const markers: Marker[] = [];
  for (const { start, end } of lineComments) {
    const match = MARKER.exec(text.slice(start, end));
    if (!match || !isAloneOnItsLine(text, start)) continue;
    const previous = markers.at(-1)?.end ?? 0;
    const before = code.slice(previous, start);
    if (!isCertainlyBetweenStatements(before)) {
      const { isInsideStatement } = await import('../sql/boundary.ts');
      const inside = await isInsideStatement(text.slice(previous), start - previous);
      if (inside === 'ambiguous') {
        throw refuse(
          start,
          `"${match[0].trim()}" may stand in the middle of a statement`,
          'end the statement above it with a semicolon',
        );
      }
      if (inside) continue;
    }
    const kind = match[1]!.toLowerCase() as Marker['kind'];
    markers.push({ kind, value: match[2], start: lineStartOf(text, start), end: behindReturn(text, end) });
  }
  return markers;
}

/** Over-careful on purpose: where it says no, the parser is asked. */
function isCertainlyBetweenStatements(code: string): boolean {
  const end = code.trimEnd();
  if (end === '') return true;
  return end.endsWith(';') && count(end, '(') === count(end, ')') && !/\batomic\b/i.test(end);
}

function count(text: string, character: string): number {
  return text.split(character).length - 1;
}

function isAloneOnItsLine(text: string, start: number): boolean {
  return /^[ \t]*$/.test(text.slice(lineStartOf(text, start), start));
}

function lineStartOf(text: string, index: number): number {
  return Math.max(text.lastIndexOf('\n', index - 1), text.lastIndexOf('\r', index - 1)) + 1;
}

/** The return of a CRLF belongs to the marker's line, not to the section. */
function behindReturn(text: string, end: number): number {
  return text.startsWith('\r\n', end) ? end + 1 : end;
}

/** Whether nothing is left but semicolons, once comments are blanked out. */
function isBlank(code: string): boolean {
  return /^[\s;]*$/.test(code);
}

function lineAt(text: string, index: number): number {
  return text.slice(0, index).split('\n').length;
}
