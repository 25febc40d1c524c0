import type { AtrizError } from '@atriz/database';
import type { LineComment, Outline } from '../sql/outline.ts';
import { fileError } from './file-error.ts';

/** What the head of a migration file asks for, beside its statements. */
export interface Directives {
  /** Each statement is sent alone, outside a transaction: `-- atriz: no-transaction`. */
  readonly noTransaction: boolean;
  /**
   * How long a statement waits for a lock: `-- atriz: lock-timeout 5s`. 0 is without end, as in PostgreSQL; that is the
   * default without a transaction, else it is 5 s.
   */
  readonly lockTimeoutMs: number;
  /** What must be applied in other databases before: `-- requires: atriz_shared@1795230060000_create_users`. */
  readonly requires: readonly Requirement[];
  /** The names of the migrations that this one takes the place of, oldest first: `-- atriz: squashes <name>`. */
  readonly squashes: readonly string[];
}

/** A migration of another database that must be applied first. */
export interface Requirement {
  readonly database: string;
  /** The name of its file, without `.sql`. */
  readonly migration: string;
  /** Where it is asked for, from 1. */
  readonly line: number;
}

export const DEFAULT_LOCK_TIMEOUT_MS = 5000;

const KNOWN =
  'known are "-- atriz: no-transaction", "-- atriz: lock-timeout 5s", "-- requires: <database>@<migration>" and, ' +
  'written by migrate squash, "-- atriz: squashes <migration>"';
const DIRECTIVE = /^--[ \t]*(atriz|requires)[ \t]*:[ \t]*(.*?)[ \t]*$/i;
const DURATION = /^(\d+)[ \t]*(ms|s|min|h)$|^0$/;
const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, min: 60_000, h: 3_600_000 };
/** What PostgreSQL's own setting can hold. */
const LONGEST_MS = 2_147_483_647;
const MIGRATION_NAME = /^\d{13}_\S+$/;
const REQUIREMENT = /^([^\s@,]+)@([^\s@,]+)$/;

/**
 * Reads the directives of a migration file. They are `--` comments before the first statement, each alone on its line.
 *
 * Throws `MIGRATION_INVALID`, with the line, for one that is unknown, malformed, given twice, or below the first
 * statement, where it would do nothing.
 */
export function readDirectives(text: string, path: string, { code, lineComments }: Outline): Directives {
  const firstStatement = code.search(/\S/);
  let noTransaction = false;
  let lockTimeoutMs: number | undefined;
  const requires: Requirement[] = [];
  const squashes: string[] = [];
  for (const comment of lineComments) {
    const [, word, value = ''] = DIRECTIVE.exec(text.slice(comment.start, comment.end)) ?? [];
    if (word === undefined) continue;
    const line = lineOf(text, comment);
    const refuse = (fact: string, hint: string): AtrizError => fileError(path, { line, fact }, hint);
    const isRequirement = word.toLowerCase() === 'requires';
    if (firstStatement !== -1 && comment.start > firstStatement) {
      // below, a comment may well begin with this word
      if (isRequirement && !value.split(',').every((each) => REQUIREMENT.test(each.trim()))) continue;
      throw refuse(
        `"${text.slice(comment.start, comment.end).trim()}" stands below the first statement, where it does nothing`,
        'move it above the first statement, to a line of its own',
      );
    }
    if (isRequirement) {
      for (const each of value.split(',')) {
        const [, database, migration] = REQUIREMENT.exec(each.trim()) ?? [];
        if (database === undefined || migration === undefined) {
          throw refuse(
            `"${each.trim()}" is not <database>@<migration>`,
            'write it as "-- requires: atriz_shared@1795230060000_create_users"',
          );
        }
        requires.push({ database, migration: migration.replace(/\.sql$/, ''), line });
      }
      continue;
    }
    const [name, ...rest] = value.split(/[ \t]+/);
    const argument = rest.join(' ');
    if (name === 'no-transaction' && argument === '') {
      noTransaction = true;
    } else if (name === 'lock-timeout') {
      if (lockTimeoutMs !== undefined) throw refuse('lock-timeout is given twice', 'keep one of them');
      lockTimeoutMs = readDuration(argument);
      if (lockTimeoutMs === undefined) {
        throw refuse(
          `"${argument}" is not a time that a statement may wait for a lock`,
          'write a number and ms, s, min or h, such as "-- atriz: lock-timeout 5s"; 0 waits without end',
        );
      }
    } else if (name === 'squashes' && MIGRATION_NAME.test(argument)) {
      squashes.push(argument);
    } else {
      throw refuse(`"${value}" is not a directive`, KNOWN);
    }
  }
  // What has no transaction waits for others by design, and a timeout half-way leaves it half-done: only when asked for.
  const usualMs = noTransaction ? 0 : DEFAULT_LOCK_TIMEOUT_MS;
  return { noTransaction, lockTimeoutMs: lockTimeoutMs ?? usualMs, requires, squashes };
}

function readDuration(text: string): number | undefined {
  const match = DURATION.exec(text);
  if (!match) return undefined;
  const ms = Number(match[1] ?? 0) * UNIT_MS[match[2] ?? 'ms']!;
  return ms <= LONGEST_MS ? ms : undefined;
}

function lineOf(text: string, { start }: LineComment): number {
  return text.slice(0, start).split('\n').length;
}
