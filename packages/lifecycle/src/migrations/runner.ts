import type * as NodePgMigrate from 'node-pg-migrate';
import pg from 'pg';
import type { Context } from '../context.ts';
import type { Target } from '../target.ts';
import { VERSION } from '../version.ts';
import { withGroupedCommits } from '../durability.ts';
import { refuseUnrunnable } from './check-migration.ts';
import { HISTORY_SCHEMA } from './history.ts';
import {
  checksumOf,
  readMigration,
  type Migration,
  type MigrationFile,
  type MigrationSection,
} from './migration-file.ts';
import { migrationError } from './sql-error.ts';
import { batchTransactions } from './transaction-batch.ts';

export interface RunRequest {
  readonly direction: 'up' | 'down';
  /** Up: those to apply, in order. Down: those to undo, newest first. Never empty. */
  readonly files: readonly MigrationFile[];
}

/**
 * Applies or undoes migrations through node-pg-migrate's runner, each in a transaction of its own together with its
 * rows in the history and the ledger: after a crash at any moment the three agree.
 *
 * The caller holds the migration lock, on a client in pipeline mode, and has checked the order. Throws `MIGRATION_FAILED`.
 */
export async function runMigrations(
  client: pg.Client,
  target: Target,
  { direction, files }: RunRequest,
  { onProgress }: Context,
): Promise<string[]> {
  const library = loadRunner();
  const migrations = new Map(
    await Promise.all(files.map(async (file) => [file.path, await readMigration(file)] as const)),
  );

  await Promise.all([...migrations.values()].map((each) => refuseUnrunnable(each, direction)));

  const started: { readonly migration: Migration; readonly section: MigrationSection }[] = [];
  let committed = 0;
  let announced = 0;
  /** Tells of the one that the server works on; the one behind it may be on its way already, and never run. */
  const announce = (): void => {
    const next = started[committed];
    if (next === undefined || announced > committed) return;
    announced = committed + 1;
    onProgress?.(
      `${direction === 'up' ? 'applying' : 'undoing'} ${next.migration.name} (${announced} of ${files.length})`,
    );
  };
  const onCommitted = (): void => {
    committed += 1;
    announce();
  };
  const batches = batchTransactions(client, { onCommitted });
  const begin = (migration: Migration): string => {
    const section = sectionOf(migration, direction);
    started.push({ migration, section });
    announce();
    return `${section.sql}\n;\n${ledgerStatement(migration, direction)}`;
  };

  const { runner } = await library;
  try {
    await withGroupedCommits(client, async () => {
      for (const part of withoutTies(files)) {
        await runner({
          dbClient: batches.client,
          noLock: true,
          dir: directoryOf(target),
          // Given as a regular expression: everything that is not one of these files.
          ignorePattern: `(?!(?:${part.map(({ name }) => name.replaceAll('.', '\\.')).join('|')})\\.sql$).*`,
          migrationLoaderStrategies: [
            { extensions: ['.sql'], loader: async (paths) => paths.map((path) => unit(path)) },
          ],
          migrationsTable: target.database.migrationsTable,
          migrationsSchema: HISTORY_SCHEMA,
          direction,
          count: part.length,
          checkOrder: false,
          singleTransaction: false,
          logger: SILENT,
        });
      }
      await batches.drain();
    });
  } catch (cause) {
    const failed = started[committed];
    if (failed === undefined) throw cause;
    const kept = started.slice(0, committed).map(({ migration }) => migration.name);
    throw migrationError({ ...failed, direction, kept, cause });
  }
  return files.map(({ name }) => name);

  function unit(path: string) {
    const action = (pgm: { sql(text: string): void }): void => pgm.sql(begin(migrations.get(path)!));
    // Two functions, because node-pg-migrate takes one and the same for "infer down from up".
    const actions = direction === 'up' ? { up: action, down: false as const } : { up: false as const, down: action };
    return { id: path, filePaths: [path], actions };
  }
}

/**
 * The files in runs of different timestamps, mostly one. Files of one timestamp would be put in the order of the machine's
 * language by node-pg-migrate; ours is that of their names, everywhere the same.
 */
function withoutTies(files: readonly MigrationFile[]): MigrationFile[][] {
  const parts: MigrationFile[][] = [];
  for (const file of files) {
    const part = parts.at(-1);
    if (part && part.at(-1)!.name.slice(0, 13) !== file.name.slice(0, 13)) part.push(file);
    else parts.push([file]);
  }
  return parts;
}

/** Loads node-pg-migrate, once; to be called early, so that it loads while the server is waited for. */
export function loadRunner(): Promise<typeof NodePgMigrate> {
  const library = import('node-pg-migrate');
  library.catch(() => undefined); // told by whoever awaits it
  return library;
}

export function directoryOf({ database }: Target): string {
  return `${database.directory}/${database.migrationsDirectory}`;
}

const SILENT = { debug: ignore, info: ignore, warn: ignore, error: ignore };

function ignore(): void {}

function sectionOf(migration: Migration, direction: RunRequest['direction']): MigrationSection {
  return direction === 'up' ? migration.up : migration.down!;
}

/** Sent in one message with the migration itself: now() is when its transaction began. */
function ledgerStatement({ name, text }: Migration, direction: RunRequest['direction']): string {
  const quotedName = pg.escapeLiteral(name);
  // The register says which seeds' rows are there. Rows went with the migration, nobody knows whose: so it forgets.
  if (direction === 'down') return `DELETE FROM atriz.migrations WHERE name = ${quotedName}; DELETE FROM atriz.seeds`;
  return `INSERT INTO atriz.migrations (name, checksum, duration_ms, atriz_version) VALUES (${quotedName}, \
'${checksumOf(text)}', extract(epoch FROM clock_timestamp() - now()) * 1000, '${VERSION}') \
ON CONFLICT (name) DO UPDATE SET checksum = excluded.checksum, applied_at = excluded.applied_at, \
duration_ms = excluded.duration_ms, atriz_version = excluded.atriz_version`;
}
