import { AtrizError } from '@atriz/database';
import { readMigration, type MigrationFile } from '../migrations/migration-file.ts';
import { isSquashName } from './name.ts';

/** A file that took the place of others. */
export interface Squash {
  readonly file: MigrationFile;
  /** The names of those, oldest first; with those that an earlier squash among them took the place of. */
  readonly squashes: readonly string[];
}

/** Those of the files whose header says that they squash others. */
export async function readSquashes(files: readonly MigrationFile[]): Promise<Squash[]> {
  const squashes = await Promise.all(
    files.map(async (file) => ({ file, squashes: (await readMigration(file)).directives.squashes })),
  );
  return squashes.filter((each) => each.squashes.length > 0);
}

/** What a database has of the migrations that a squash took the place of. */
export type SquashStanding =
  /** None of them: it runs there, as any other. */
  | { readonly state: 'none' }
  /** All of them: it takes their place in the history. */
  | { readonly state: 'all' }
  | { readonly state: 'some'; readonly missing: readonly string[] };

/** Pure. An earlier squash in the list stands for all in front of it, in both directions. */
export function compareSquash({ squashes }: Squash, applied: ReadonlySet<string>): SquashStanding {
  if (!squashes.some((name) => applied.has(name))) return { state: 'none' };
  const end = squashes.findLastIndex((name) => isSquashName(name) && applied.has(name));
  const missing = squashes.slice(end + 1).filter((name) => !applied.has(name) && !isSquashName(name));
  return missing.length === 0 ? { state: 'all' } : { state: 'some', missing };
}

/** Says that a database has only some of the migrations that a squash took the place of: `SQUASH_PARTIAL`. */
export function squashPartial({ file }: Squash, missing: readonly string[]): AtrizError {
  return new AtrizError(
    'SQUASH_PARTIAL',
    `${file.name} takes the place of migrations of which some are applied, and these are not: ${missing.join(', ')}`,
    { hint: 'apply them from a checkout that still has their files (git), then run this again' },
  );
}

/**
 * Refuses files beside the one that took their place: a new database would get both. What a squash that was cut off
 * leaves. Throws `MIGRATION_INVALID`.
 */
export async function refuseSquashedFiles(files: readonly MigrationFile[]): Promise<void> {
  const squashes = await readSquashes(files.filter(({ name }) => isSquashName(name)));
  for (const { file, squashes: names } of squashes) {
    const left = files.find(({ name }) => names.includes(name));
    if (left === undefined) continue;
    throw new AtrizError('MIGRATION_INVALID', `${left.path}: it is in ${file.name} too, which squashes it`, {
      hint: 'remove the old file, or the squashed one',
    });
  }
}
