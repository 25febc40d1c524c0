import { AtrizError } from '@atriz/database';
import { locksOf, type Lock } from './locks.ts';
import { parseSql } from './parser.ts';
import { kindOf } from './statement-kind.ts';

export interface Statement {
  /** From its first keyword to before its semicolon. */
  readonly sql: string;
  /** Where it begins and ends in the text given, in UTF-16 units. */
  readonly start: number;
  readonly end: number;
  /** What PostgreSQL calls it: `CREATE INDEX`, `ALTER TABLE`, `DO`. */
  readonly kind: string;
  /** The locks on tables that existed before; see {@link locksOf}. */
  readonly locks: readonly Lock[];
}

/**
 * Splits a text into its statements, with PostgreSQL's own parser and without a server. Comments are no statements.
 *
 * Throws `MIGRATION_INVALID` for a text that is no SQL, or nested too deep to be parsed here; `checkMigration` tells of
 * the same by file, line and column.
 */
export async function readStatements(sql: string): Promise<Statement[]> {
  const outcome = await parseSql(sql);
  if ('statements' in outcome) {
    return outcome.statements.map((each) => ({
      sql: each.sql,
      start: each.start,
      end: each.end,
      kind: kindOf(each),
      locks: locksOf(each),
    }));
  }
  throw new AtrizError(
    'MIGRATION_INVALID',
    'fault' in outcome ? outcome.fault.message : 'a statement is nested too deep',
  );
}
