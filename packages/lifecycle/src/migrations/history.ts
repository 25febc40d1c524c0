import { sqlState } from '@atriz/database';
import type pg from 'pg';
import { qualified } from '../identifiers.ts';
import type { AppliedMigration } from '../ledger/state.ts';
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
  /** Applied with another text than the file has now. */
  readonly edited: readonly MigrationFile[];
  /** Applied by node-pg-migrate's own command: the ledger does not know with which text. */
  readonly unrecorded: readonly MigrationFile[];
}

/** Pure. `files` are in the order in which they run; `checksums` are those of the files now, by name; it may leave out those that the ledger has none for. */
export function compareHistory(
  files: readonly MigrationFile[],
  applied: readonly AppliedMigration[],
  checksums: ReadonlyMap<string, string>,
): Comparison {
  const names = new Set(files.map(({ name }) => name));
  const recorded = new Map(applied.map(({ name, checksum }) => [name, checksum]));
  const newest = files.findLastIndex(({ name }) => recorded.has(name));
  const pending = files.filter(({ name }) => !recorded.has(name));
  return {
    pending,
    missing: applied.map(({ name }) => name).filter((name) => !names.has(name)),
    outOfOrder: files.slice(0, Math.max(newest, 0)).filter(({ name }) => !recorded.has(name)),
    edited: files.filter(({ name }) => recorded.get(name) !== undefined && recorded.get(name) !== checksums.get(name)),
    unrecorded: files.filter(({ name }) => recorded.has(name) && recorded.get(name) === undefined),
  };
}
