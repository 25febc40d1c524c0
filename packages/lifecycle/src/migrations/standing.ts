import { checksumOf } from '@atriz/database/workspace';
import type pg from 'pg';
import { readState, type LedgerState } from '../ledger/state.ts';
import { settleSquashes, type SquashedStanding } from '../squash/standing.ts';
import type { Target } from '../target.ts';
import { compareHistory, type Comparison } from './history.ts';
import { readText, type MigrationFile } from './migration-file.ts';

/** How a database and its package's files stand to each other. */
export interface Standing extends LedgerState, Comparison, SquashedStanding {
  /** For a missing migration, the pending file that has its text: it was renamed. */
  readonly renamed: ReadonlyMap<string, string>;
}

/** Reads what the database says and compares it with `files`, all of the package's. Writes nothing. */
export async function readStanding(
  client: pg.ClientBase,
  target: Target,
  files: readonly MigrationFile[],
): Promise<Standing> {
  const state = await readState(client, target.database.migrationsTable);
  const recorded = new Map(state.applied.map(({ name, checksum }) => [name, checksum]));
  const applied = await readChecksums(files.filter(({ name }) => recorded.get(name) !== undefined));
  const comparison = await settleSquashes(compareHistory(files, state.applied, applied), state.applied);
  const pending = comparison.missing.length > 0 ? await readChecksums(comparison.pending) : new Map<string, string>();
  const byChecksum = new Map([...pending].map(([name, checksum]) => [checksum, name]));
  const renamed = comparison.missing.flatMap((name) => {
    const other = byChecksum.get(recorded.get(name) ?? '');
    return other === undefined ? [] : [[name, other] as const];
  });
  return { ...state, ...comparison, renamed: new Map(renamed) };
}

/** By the file as it was listed: the instances of a definition share one list, and its files are read once. */
const CHECKSUMS = new WeakMap<MigrationFile, Promise<string>>();

async function readChecksums(files: readonly MigrationFile[]): Promise<Map<string, string>> {
  return new Map(await Promise.all(files.map(async (file) => [file.name, await readChecksum(file)] as const)));
}

function readChecksum(file: MigrationFile): Promise<string> {
  const known = CHECKSUMS.get(file);
  if (known) return known;
  const checksum = Promise.resolve(checksumOf(readText(file)));
  CHECKSUMS.set(file, checksum);
  return checksum;
}
