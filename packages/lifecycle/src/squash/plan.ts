import { AtrizError } from '@atriz/database';
import { DEFAULT_LOCK_TIMEOUT_MS } from '../migrations/directives.ts';
import type { Migration, MigrationSection } from '../migrations/migration-file.ts';
import { readOutline } from '../sql/outline.ts';
import { squashName } from './name.ts';

/** One file that takes the place of several. */
export interface SquashPlan {
  /** The new file's name, without `.sql`: with the timestamp of the newest that it takes the place of. */
  readonly name: string;
  readonly text: string;
  /** The old files' names, oldest first. */
  readonly squashes: readonly string[];
}

const DIRECTIVE = /^--[ \t]*(?:atriz|requires)[ \t]*:/i;
const MARKER = /^[ \t]*--[ \t]*(?:up|down) migration\b/i;

/**
 * Writes migrations down as one: their Up sections one below the other, their Down sections in reverse. What they
 * require is required by it; it waits for a lock as long as the most patient of them. It cannot be undone where one of
 * them cannot. Pure; whether it makes the same schema is to be proven.
 *
 * Throws `SQUASH_REFUSED` for a migration that asks for no transaction, and `ARGUMENT_INVALID` for fewer than two.
 */
export function planSquash(migrations: readonly Migration[]): SquashPlan {
  const [first, last] = [migrations[0], migrations.at(-1)];
  if (!first || !last || first === last) {
    throw new AtrizError('ARGUMENT_INVALID', 'fewer than two migrations leave nothing to squash', {
      hint: 'name a later one with --to',
    });
  }
  const name = squashName(last.name);
  if (last.name === name) {
    throw new AtrizError('ARGUMENT_INVALID', `${name} is a squashed one already`, {
      hint: 'name a later one with --to',
    });
  }
  const alone = migrations.find(({ directives }) => directives.noTransaction);
  if (alone) {
    throw new AtrizError('SQUASH_REFUSED', `${alone.path}: it runs without a transaction, and the others in one`, {
      hint: 'squash up to the one before it, with --to',
    });
  }
  const squashes = migrations.flatMap(({ name, directives }) => [...directives.squashes, name]);
  const downs = migrations.map(({ down }) => down).filter((down) => down !== undefined);
  const hasWayBack = downs.length === migrations.length;
  const text = [
    `-- ${migrations.length} migrations in one, ${first.name} to ${last.name}. Takes: the locks that each of them takes.`,
    '-- A database that has applied them all is not touched: there it only takes their place in the history.',
    ...squashes.map((name) => `-- atriz: squashes ${name}`),
    ...lockTimeoutOf(migrations),
    ...requirementsOf(migrations),
    '',
    '-- Up Migration',
    ...migrations.flatMap((each) => ['', `-- ${each.name}`, ...introductionOf(each), statementsOf(each.up)]),
    '',
    hasWayBack ? '-- Down Migration' : '-- Down Migration: none',
    ...(hasWayBack ? migrations.toReversed().flatMap(({ name, down }) => ['', `-- ${name}`, statementsOf(down!)]) : []),
    '',
  ].join('\n');
  return { name, text, squashes };
}

/** 0 is without end. */
function lockTimeoutOf(migrations: readonly Migration[]): string[] {
  const waits = migrations.map(({ directives }) => directives.lockTimeoutMs);
  const longest = waits.includes(0) ? 0 : Math.max(...waits);
  return longest === DEFAULT_LOCK_TIMEOUT_MS ? [] : [`-- atriz: lock-timeout ${longest === 0 ? '0' : `${longest}ms`}`];
}

function requirementsOf(migrations: readonly Migration[]): string[] {
  const labels = migrations.flatMap(({ directives }) =>
    directives.requires.map(({ database, migration }) => `${database}@${migration}`),
  );
  return [...new Set(labels)].map((label) => `-- requires: ${label}`);
}

/** What a file says of itself in front of its Up marker, without its directives. */
function introductionOf({ text, up }: Migration): string[] {
  const lines = text.slice(0, up.offset).split(/\r?\n/);
  return lines.filter((line) => line.startsWith('--') && !MARKER.test(line) && !DIRECTIVE.test(line));
}

/** A section as it stands, ended by a semicolon, without the directives above its first statement. */
function statementsOf({ sql }: MigrationSection): string {
  const { code, lineComments } = readOutline(sql);
  const firstStatement = code.search(/\S/);
  const directives = lineComments.filter(
    ({ start, end }) => start < firstStatement && DIRECTIVE.test(sql.slice(start, end)),
  );
  const kept = directives.reduceRight((text, { start, end }) => text.slice(0, start) + text.slice(end), sql);
  const end = code.trimEnd().endsWith(';') ? '' : '\n;';
  return `${kept.replace(/^(?:[ \t]*\r?\n)+/, '').trimEnd()}${end}`;
}
