import { open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { AtrizError } from '@atriz/database';
import type { Context } from '../context.ts';
import { refuseServerWide } from '../drift/server-wide.ts';
import {
  directoryOf,
  parseMigration,
  readMigration,
  readMigrationFiles,
  type MigrationFile,
} from '../migrations/migration-file.ts';
import type { Target } from '../target.ts';
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

/**
 * Reads a package's migrations up to `to` and writes them down as one; touches nothing.
 *
 * Throws `ARGUMENT_INVALID` (there is no such migration, or nothing in front of it), `SQUASH_REFUSED`,
 * `REPLAY_REFUSED` and `MIGRATION_INVALID`.
 */
export async function prepareSquash(directory: string, to: string): Promise<PreparedSquash> {
  const all = await readMigrationFiles(directory);
  const name = to.replace(/^.*\//, '').replace(/\.sql$/, '');
  const end = all.findIndex((file) => file.name === name);
  if (end === -1) {
    throw new AtrizError('ARGUMENT_INVALID', `there is no migration "${name}" in ${directory}`, {
      hint: 'name it as atriz migrate status does',
    });
  }
  const files = all.slice(0, end + 1);
  const migrations = await Promise.all(files.map(readMigration));
  await refuseServerWide(migrations, 'up');
  const plan = planSquash(migrations);
  await parseMigration({ name: plan.name, path: join(directory, `${plan.name}.sql`) }, plan.text);
  return { plan, files };
}

/**
 * Puts one file in the place of the package's first migrations, once it is proven, in scratch databases on the target's
 * server, that it makes the same schema. No database of the family is touched: each takes it over at its next `up`.
 *
 * The new file is there, whole, before an old one is removed: whenever it is cut off, no statement is lost, and `up`
 * refuses until the rest of the old ones are removed by hand. Throws what {@link prepareSquash} throws, `SQUASH_REFUSED`, and what replays throw.
 */
export async function squashMigrations(target: Target, to: string, context: Context = {}): Promise<SquashResult> {
  const directory = directoryOf(target);
  const { plan, files } = await prepareSquash(directory, to);
  await proveSquash(target, { plan, files }, context);
  const path = join(directory, `${plan.name}.sql`);
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
