import { open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { FamilyDatabase } from '@atriz/database/workspace';
import type { Context } from '../context.ts';
import { refuseServerWide } from '../drift/server-wide.ts';
import {
  directoryOf,
  parseMigration,
  readMigration,
  readMigrationFiles,
  type MigrationFile,
} from '../migrations/migration-file.ts';
import { findMigration } from '../repair/ledger-session.ts';
import type { Target } from '../target.ts';
import { refuseCircle } from './circle.ts';
import { planSquash, type SquashPlan } from './plan.ts';
import { proveSquash } from './prove.ts';

export interface SquashResult {
  /** The new file's name, without `.sql`. */
  readonly name: string;
  readonly path: string;
  /** The names of the migrations that are in it, oldest first. */
  readonly squashes: readonly string[];
}

export interface PreparedSquash {
  readonly plan: SquashPlan;
  readonly files: readonly MigrationFile[];
}

export interface SquashOptions {
  /** The newest migration that is to be in it. */
  readonly to: string;
  /** All databases of the family, whose migrations may require these. Default: none other. */
  readonly family?: readonly FamilyDatabase[] | undefined;
}

/**
 * Reads a package's migrations up to one of them and writes them down as one; touches nothing.
 *
 * Throws `MIGRATION_UNKNOWN`, `ARGUMENT_INVALID` (nothing stands in front of it), `SQUASH_REFUSED`, `REPLAY_REFUSED` and
 * `MIGRATION_INVALID`.
 */
export async function prepareSquash(
  database: FamilyDatabase,
  { to, family = [database] }: SquashOptions,
): Promise<PreparedSquash> {
  const directory = join(database.directory, database.migrationsDirectory);
  const all = await readMigrationFiles(directory);
  const files = all.slice(0, all.indexOf(findMigration(all, to)) + 1);
  const migrations = await Promise.all(files.map(readMigration));
  await refuseServerWide(migrations, 'up');
  const plan = planSquash(migrations);
  const squash = await parseMigration({ name: plan.name, path: join(directory, `${plan.name}.sql`) }, plan.text);
  await refuseCircle(squash, database, family);
  return { plan, files };
}

/**
 * Puts one file in the place of the package's first migrations, once it is proven, in scratch databases on the target's
 * server, that it makes the same schema. No database of the family is touched: each takes it over at its next `up`.
 *
 * The new file is there, whole, before an old one is removed: whenever it is cut off, no statement is lost, and `up`
 * refuses until the rest of the old ones are removed by hand.
 *
 * Throws what {@link prepareSquash} throws, `SQUASH_REFUSED` with what would be different, and what replays throw.
 */
export async function squashMigrations(
  target: Target,
  options: SquashOptions,
  context: Context = {},
): Promise<SquashResult> {
  const { plan, files } = await prepareSquash(target.database, options);
  await proveSquash(target, { plan, files }, context);
  const path = join(directoryOf(target), `${plan.name}.sql`);
  await writeWhole(path, plan.text);
  for (const file of files) await rm(file.path);
  return { name: plan.name, path, squashes: plan.squashes };
}

/** Under another name, which no command takes for a migration, until every byte of it is on the disk. */
async function writeWhole(path: string, text: string): Promise<void> {
  const unfinished = join(dirname(path), `.${process.pid}.squashed`);
  const file = await open(unfinished, 'w');
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(unfinished, path);
}
