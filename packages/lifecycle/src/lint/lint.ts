import { writeFileSync } from 'node:fs';
import { access, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import type { Migration } from '../migrations/migration-file.ts';
import { placeAt, type Place } from '../migrations/place.ts';
import { findStatementFaults } from '../migrations/statement-rules.ts';
import { runSquawk, type SquawkReport } from './squawk.ts';

/** What the linter says of a place in a migration's file. */
export interface LintFinding {
  readonly migration: Migration;
  readonly place: Place;
  /** A rule of taste warns; one of safety is an error, which `up` refuses in production. */
  readonly level: 'error' | 'warning';
  /** The rule's name, such as `require-concurrent-index-creation`. */
  readonly rule: string;
  readonly message: string;
  readonly hint: string | undefined;
}

export interface LintOptions {
  /** The workspace's root, where `.squawk.toml` is; its patterns are about paths from here. */
  readonly root: string;
}

export const LINT_CONFIG_FILE = '.squawk.toml';

/**
 * For a workspace that has none. A migration may take its time, as long as nobody waits for it. And it need not be one that
 * can be run twice: Atriz knows how far a file without a transaction came, and IF NOT EXISTS would pass over the INVALID
 * index that a failed CREATE INDEX CONCURRENTLY leaves.
 */
const DEFAULT_CONFIG = `excluded_rules = ["require-statement-timeout", "prefer-robust-stmts"]\n`;

/** Linux's shared memory; a container has 64 MB of it, which others may need. */
const MEMORY = '/dev/shm/atriz-lint-';
const MOST_CHARACTERS_IN_MEMORY = 4_000_000;

/** About how a schema looks; none of them can block, break or lose anything. */
const RULES_OF_TASTE = /^(?:prefer-.*|ban-char-field|unused-ignore)$/;

/**
 * Lints the Up sections of migrations with squawk, by the rules of the workspace's `.squawk.toml`, and tells of each
 * finding by the place in the file. Reads the workspace only: squawk gets copies, in a temporary directory, of which the
 * Down sections are cut off.
 *
 * Throws `LINTER_FAILED`.
 */
export async function lintMigrations(migrations: readonly Migration[], { root }: LintOptions): Promise<LintFinding[]> {
  if (migrations.length === 0) return [];
  const directory = await makeDirectory(migrations);
  try {
    const byPath = new Map(migrations.map((each) => [relative(root, each.path), each]));
    await writeUpSections(byPath, directory);
    const configFile = await findConfig(root, directory);
    const run = (inTransaction: boolean): Promise<SquawkReport[]> => {
      const paths = [...byPath].filter(([, each]) => each.directives.noTransaction !== inTransaction);
      return runSquawk(
        paths.map(([path]) => path),
        { directory, configFile, inTransaction },
      );
    };
    const reports = (await Promise.all([run(true), run(false)])).flat();
    return (
      await Promise.all([...byPath].map(([path, each]) => findingsOf(each, reports.filter(isAbout(path)))))
    ).flat();
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

const isAbout =
  (path: string) =>
  ({ file }: SquawkReport): boolean =>
    file === path;

/**
 * In memory, where the system has a place for that and it is little: ext4 takes half a second and more to make 500 files
 * after others were deleted.
 */
async function makeDirectory(migrations: readonly Migration[]): Promise<string> {
  const size = migrations.reduce((sum, { text }) => sum + text.length, 0);
  const inMemory = size > MOST_CHARACTERS_IN_MEMORY ? undefined : await mkdtemp(MEMORY).catch(() => undefined);
  return inMemory ?? mkdtemp(join(tmpdir(), 'atriz-lint-'));
}

async function writeUpSections(migrations: ReadonlyMap<string, Migration>, directory: string): Promise<void> {
  const directories = new Set([...migrations.keys()].map((path) => dirname(join(directory, path))));
  for (const each of directories) await mkdir(each, { recursive: true });
  for (const [path, { text, up }] of migrations) {
    // what is before Up stays, since lines are counted from the file's first; squawk would take a lone CR for a line end
    const head = text.slice(0, up.offset + up.sql.length).replaceAll(/\r(?!\n)/g, ' ');
    writeFileSync(join(directory, path), head); // a small file each: a promise would cost more than the writing
  }
}

async function findConfig(root: string, directory: string): Promise<string> {
  const path = join(root, LINT_CONFIG_FILE);
  try {
    await access(path);
    return path;
  } catch {
    const standIn = join(directory, LINT_CONFIG_FILE);
    await writeFile(standIn, DEFAULT_CONFIG);
    return standIn;
  }
}

async function findingsOf(migration: Migration, reports: readonly SquawkReport[]): Promise<LintFinding[]> {
  const { text, directives } = migration;
  const lines = text.split('\n');
  const starts: number[] = [];
  let start = 0;
  for (const line of lines) {
    starts.push(start);
    start += line.length + 1;
  }
  const unread = reports.find((report) => report.rule_name === 'syntax-error');
  const mayBlockForEver = directives.lockTimeoutMs === 0 && !directives.noTransaction;
  const findings = reports
    .filter(({ rule_name: rule }) => rule !== 'syntax-error')
    // Atriz sets it before each migration, unless the file asks to wait without end
    .filter(({ rule_name: rule }) => rule !== 'require-lock-timeout' || mayBlockForEver)
    .map(toFinding);
  return unread === undefined ? findings : [await readAgain(migration, toFinding(unread)), ...findings];

  function toFinding({ line, column, rule_name: rule, message, help }: SquawkReport): LintFinding {
    const before = Buffer.from(lines[line] ?? '')
      .subarray(0, column)
      .toString().length;
    return {
      migration,
      place: placeAt(text, Math.min((starts[line] ?? text.length) + before, text.length)),
      level: RULES_OF_TASTE.test(rule) ? 'warning' : 'error',
      rule,
      message,
      hint: help ?? undefined,
    };
  }
}

/** Squawk has a parser of its own. What it cannot read is wrong only when PostgreSQL's says so too. */
async function readAgain(migration: Migration, finding: LintFinding): Promise<LintFinding> {
  const { up, directives, text } = migration;
  const fault = (await findStatementFaults(up.sql, directives)).find(({ rule }) => rule === 'syntax');
  if (fault === undefined) {
    return {
      ...finding,
      level: 'warning',
      message: 'squawk cannot read this, so that it was not linted',
      hint: undefined,
    };
  }
  return { ...finding, place: placeAt(text, up.offset + fault.index), message: fault.message, hint: fault.hint };
}
