import { readFile } from 'node:fs/promises';
import type { AtrizError } from '@atriz/database';
import { fileError } from '../migrations/file-error.ts';
import type { Comparison } from '../migrations/history.ts';
import { parseMigration, type MigrationFile } from '../migrations/migration-file.ts';
import { isSquashName } from './name.ts';

/** A file that took the place of others. */
export interface Squash {
  readonly file: MigrationFile;
  /** The names of those, oldest first; with those that an earlier squash among them took the place of. */
  readonly squashes: readonly string[];
}

/** What a database has of the migrations that a squash took the place of. */
export type SquashStanding =
  /** None of them: it runs there, as any other. */
  | { readonly state: 'none' }
  /** All of them: it takes their place in the history. */
  | { readonly state: 'all' }
  | { readonly state: 'some'; readonly missing: readonly string[] };

/** Pure. An earlier squash in the list stands for all in front of it, in both directions. */
export function compareSquash({ squashes }: Pick<Squash, 'squashes'>, applied: ReadonlySet<string>): SquashStanding {
  if (!squashes.some((name) => applied.has(name))) return { state: 'none' };
  const end = squashes.findLastIndex((name) => isSquashName(name) && applied.has(name));
  const missing = squashes.slice(end + 1).filter((name) => !applied.has(name) && !isSquashName(name));
  return missing.length === 0 ? { state: 'all' } : { state: 'some', missing };
}

export interface SquashedStanding {
  /** Those that are to take the place, in the history, of what is applied. */
  readonly squashed: readonly Squash[];
  /** Those of which only some are applied. */
  readonly partlySquashed: readonly (Squash & { readonly missing: readonly string[] })[];
}

/**
 * What a comparison of files and history looks like once squashes are known: what they took the place of is not missing,
 * and they themselves are neither pending nor out of order. Asks the files only where something is missing.
 */
export async function settleSquashes<Compared extends Comparison>(
  comparison: Compared,
  applied: readonly { readonly name: string }[],
): Promise<Compared & SquashedStanding> {
  const squashes = comparison.missing.length > 0 ? await readSquashes(comparison.pending) : [];
  const names = new Set(applied.map(({ name }) => name));
  const standings = squashes.map((squash) => ({ squash, standing: compareSquash(squash, names) }));
  const known = standings.filter(({ standing }) => standing.state !== 'none').map(({ squash }) => squash);
  const gone = new Set(known.flatMap((each) => each.squashes));
  const isOther = ({ name }: MigrationFile): boolean => !known.some(({ file }) => file.name === name);
  return {
    ...comparison,
    missing: comparison.missing.filter((name) => !gone.has(name)),
    pending: comparison.pending.filter(isOther),
    outOfOrder: comparison.outOfOrder.filter(isOther),
    squashed: standings.filter(({ standing }) => standing.state === 'all').map(({ squash }) => squash),
    partlySquashed: standings.flatMap(({ squash, standing }) =>
      standing.state === 'some' ? [{ ...squash, missing: standing.missing }] : [],
    ),
  };
}

/** What a file must hold to be read closely. One that is not valid and squashes nothing is not our matter. */
const HINT = /--[ \t]*atriz[ \t]*:[ \t]*squashes/i;

/** Those of the files whose header says that they squash others. */
async function readSquashes(files: readonly MigrationFile[]): Promise<Squash[]> {
  const squashes = await Promise.all(
    files.map(async (file): Promise<Squash> => {
      const text = await readFile(file.path, 'utf8');
      if (!HINT.test(text)) return { file, squashes: [] };
      const { directives } = await parseMigration(file, text);
      return { file, squashes: directives.squashes };
    }),
  );
  return squashes.filter((each) => each.squashes.length > 0);
}

/** A history as it will be once squashes are in it: each in the place of the first that it squashes. */
export async function settleHistory(history: readonly string[], files: readonly MigrationFile[]): Promise<string[]> {
  const applied = new Set(history);
  let settled = [...history];
  if (files.every(({ name }) => !isSquashName(name) || applied.has(name))) return settled;
  const pending = files.filter(({ name }) => !applied.has(name));
  for (const { file, squashes } of await readSquashes(pending)) {
    if (compareSquash({ squashes }, applied).state !== 'all') continue;
    const first = settled.findIndex((name) => squashes.includes(name));
    settled = settled.with(first, file.name).filter((name) => !squashes.includes(name));
  }
  return settled;
}

/**
 * The names that are as good as applied: with those that an applied squash took the place of, and a squash of which all
 * is applied.
 */
export async function withSquashedNames(
  applied: Iterable<string>,
  files: readonly MigrationFile[],
): Promise<ReadonlySet<string>> {
  const names = new Set(applied);
  for (const { file, squashes } of await readSquashes(files.filter(({ name }) => isSquashName(name)))) {
    if (names.has(file.name)) for (const name of squashes) names.add(name);
    else if (compareSquash({ squashes }, names).state === 'all') names.add(file.name);
  }
  return names;
}

/**
 * Refuses files beside the one that took their place, what a squash that was cut off leaves: a new database would get
 * both. Throws `MIGRATION_INVALID`.
 */
export async function refuseSquashedFiles(files: readonly MigrationFile[]): Promise<void> {
  for (const { file, squashes } of await readSquashes(files.filter(({ name }) => isSquashName(name)))) {
    const left = files.find(({ name }) => squashes.includes(name));
    if (left !== undefined) throw squashedFile(left, file.name);
  }
}

/** Says that a file is there beside the one that took its place: `MIGRATION_INVALID`. */
export function squashedFile({ path }: MigrationFile, squash: string): AtrizError {
  const fact = `what it does is in ${squash} too, which squashes it`;
  return fileError(path, { fact }, 'remove the old file, or the squashed one');
}
