import type * as NodePgMigrate from 'node-pg-migrate';
import type pg from 'pg';
import type { Target } from '../target.ts';
import { HISTORY_SCHEMA } from './history.ts';
import type { MigrationFile } from './migration-file.ts';

/** One migration as node-pg-migrate gets it. */
export interface LibraryUnit {
  readonly file: MigrationFile;
  /** Asked for when its turn comes: the statements, each of which is sent alone. */
  readonly steps: () => readonly string[];
  /** Whether node-pg-migrate wraps the steps, and its row in the history, in BEGIN and COMMIT. */
  readonly inTransaction: boolean;
}

export interface LibraryRequest {
  readonly direction: 'up' | 'down';
  /** Up: those to apply, in order. Down: those to undo, newest first. Never empty. */
  readonly units: readonly LibraryUnit[];
  /** Write their rows in the history, and run nothing. Default false. */
  readonly historyOnly?: boolean;
}

/** Loads node-pg-migrate, once; to be called early, so that it loads while the server is waited for. */
export function loadLibrary(): Promise<typeof NodePgMigrate> {
  const library = import('node-pg-migrate');
  library.catch(() => undefined); // told by whoever awaits it
  return library;
}

/**
 * Hands migrations to node-pg-migrate's runner, which makes its history table where there is none. Takes no lock: the
 * caller holds it, and has checked the order. Rejects with the first error as it came.
 */
export async function callLibrary(
  client: Pick<pg.Client, 'query'>,
  { database }: Target,
  { direction, units, historyOnly = false }: LibraryRequest,
): Promise<void> {
  const { runner } = await loadLibrary();
  const byPath = new Map(units.map((unit) => [unit.file.path, unit]));
  await runner({
    dbClient: client as pg.Client,
    noLock: true,
    dir: `${database.directory}/${database.migrationsDirectory}`,
    // Given as a regular expression: everything that is not one of the files of this run.
    ignorePattern: `(?!(?:${units.map(({ file }) => file.name.replaceAll('.', '\\.')).join('|')})\\.sql$).*`,
    migrationLoaderStrategies: [
      { extensions: ['.sql'], loader: async (paths) => paths.map((path) => toUnit(byPath.get(path)!, direction)) },
    ],
    migrationsTable: database.migrationsTable,
    migrationsSchema: HISTORY_SCHEMA,
    direction,
    count: units.length,
    checkOrder: false,
    singleTransaction: false,
    fake: historyOnly,
    logger: SILENT,
  });
}

interface Builder {
  sql(text: string): void;
  noTransaction(): void;
}

function toUnit({ file, steps, inTransaction }: LibraryUnit, direction: LibraryRequest['direction']) {
  const action = (builder: Builder): void => {
    if (!inTransaction) builder.noTransaction();
    for (const step of steps()) builder.sql(step);
  };
  // Two functions, because node-pg-migrate takes one and the same for "infer down from up".
  const actions = direction === 'up' ? { up: action, down: false as const } : { up: false as const, down: action };
  return { id: file.path, filePaths: [file.path], actions };
}

const SILENT = { debug: ignore, info: ignore, warn: ignore, error: ignore };

function ignore(): void {}
