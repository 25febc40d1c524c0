import type { BackupCatalogue } from './backup-record.ts';
import type { MigrationFile } from './migrations/migration-file.ts';
import type { Target } from './target.ts';

/** What an operation is told by its caller, and tells it while it works. Every field may be left out. */
export interface Context {
  /** Told what is being done, one line at a time. */
  readonly onProgress?: ((message: string) => void) | undefined;
  /** Told of each statement that was sent, and how long its answer took. Values are never in it. */
  readonly onStatement?: ((text: string, durationMs: number) => void) | undefined;
  /** Told of each change, such as a migration's name, once it is committed. */
  readonly onCommitted?: ((change: string) => void) | undefined;
  /** The UUID of the run that this is part of, the same in the ledger of each database. Default: one of its own. */
  readonly runId?: string | undefined;
  /** Ends the operation: what runs on the server is stopped, its transaction undone, its locks released. */
  readonly signal?: AbortSignal | undefined;
  /** The names, with commas between, of the databases on which destruction is allowed although they are protected. */
  readonly allowDestructive?: string | undefined;
  /** How long to wait for another migration of the same database. Default 600,000 ms. */
  readonly lockWaitMs?: number | undefined;
  /** Who knows of backups, for `REQUIRE_MIGRATION_BACKUP`. Default: nobody, so none is known. */
  readonly backups?: BackupCatalogue | undefined;
  /** The clock, in milliseconds since 1970. Default `Date.now`. */
  readonly now?: (() => number) | undefined;
  /** The files of the target's migrations, where many databases of one schema share them. Default: they are read. */
  readonly migrationFiles?: readonly MigrationFile[] | undefined;
  /** Looks at pending migrations before any of them is applied, and throws to refuse them: the linter, in production. */
  readonly inspectPending?: ((files: readonly MigrationFile[], target: Target) => Promise<void>) | undefined;
}
