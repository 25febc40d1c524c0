import { AtrizError } from '@atriz/database';
import { relative } from 'node:path';
import type { Migration } from './migration-file.ts';
import { placeAt, quotePlace, type Place } from './place.ts';
import { findStatementFaults, mayBreakRules, type StatementFault } from './statement-rules.ts';

/** Something in a migration that its author should look at. */
export interface Fault {
  readonly rule: StatementFault['rule'];
  readonly place: Place;
  readonly message: string;
  readonly hint: string;
}

/** Checks the statements of both directions of a migration; nothing of it is run, and no server is asked. */
export async function checkMigration(migration: Migration): Promise<Fault[]> {
  const { up, down, directives, text } = migration;
  const faults = await Promise.all(
    [up, ...(down ? [down] : [])].map(async ({ sql, offset }) =>
      (await findStatementFaults(sql, directives)).map(({ rule, index, message, hint }) => ({
        rule,
        place: placeAt(text, offset + index),
        message,
        hint,
      })),
    ),
  );
  return faults.flat();
}

/**
 * Refuses a migration that is about to run in one direction, before anything of it is sent, for what
 * {@link checkMigration} finds but syntax errors, which are left to the server's own parser. The parser is loaded only
 * for a text that has a word which could be at fault.
 *
 * Throws `MIGRATION_INVALID`, with file, line and column.
 */
export async function refuseUnrunnable(migration: Migration, direction: 'up' | 'down'): Promise<void> {
  const section = migration[direction];
  if (section === undefined || !mayBreakRules(section.sql)) return;
  const faults = await findStatementFaults(section.sql, migration.directives);
  const fault = faults.find(({ rule }) => rule !== 'syntax' && rule !== 'body-syntax');
  if (fault === undefined) return;
  const place = placeAt(migration.text, section.offset + fault.index);
  throw new AtrizError('MIGRATION_INVALID', describeFault(migration.path, { ...fault, place }), { hint: fault.hint });
}

/** `file:line:column: message`, the line, and a mark below it. */
export function describeFault(path: string, { place, message }: Pick<Fault, 'place' | 'message'>): string {
  const file = relative(process.cwd(), path);
  return [`${file}:${place.line}:${place.column}: ${message}`, ...quotePlace(place)].join('\n');
}
