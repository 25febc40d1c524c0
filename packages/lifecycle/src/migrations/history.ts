import { sqlState } from '@atriz/database';
import type pg from 'pg';
import { qualified } from '../identifiers.ts';
import type { MigrationFile } from './migration-file.ts';

/** The schema of node-pg-migrate's own table, its default: a history it made is adopted as it stands. */
export const HISTORY_SCHEMA = 'public';

const NO_SUCH_TABLE = '42P01';

/** The names of the applied migrations, oldest first; empty for a database that was never migrated. */
export async function readHistory(client: pg.ClientBase, table: string): Promise<string[]> {
  try {
    const { rows } = await client.query<{ name: string }>(
      `SELECT name FROM ${qualified(HISTORY_SCHEMA, table)} ORDER BY run_on, id`,
    );
    return rows.map(({ name }) => name);
  } catch (error) {
    if (sqlState(error) === NO_SUCH_TABLE) return [];
    throw error;
  }
}

/** How the files of a package stand to a database's history. */
export interface Comparison {
  /** Not applied yet, in the order in which they will be. */
  readonly pending: readonly MigrationFile[];
  /** Applied, but no file of that name exists any more. */
  readonly missing: readonly string[];
  /** Not applied although a later one is. */
  readonly outOfOrder: readonly MigrationFile[];
}

export function compareHistory(files: readonly MigrationFile[], applied: readonly string[]): Comparison {
  const names = new Set(files.map(({ name }) => name));
  const done = new Set(applied);
  const newest = applied.filter((name) => names.has(name)).reduce((a, b) => (a > b ? a : b), '');
  const pending = files.filter(({ name }) => !done.has(name));
  return {
    pending,
    missing: applied.filter((name) => !names.has(name)),
    outOfOrder: pending.filter(({ name }) => name < newest),
  };
}
