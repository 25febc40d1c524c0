import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { migrateUp, type Context } from '@atriz/lifecycle';
import { createBackupCatalogue } from '../src/migration/catalogue.ts';
import { backUpBeforeMigration, type MigrationBackup } from '../src/migration/before.ts';
import { openTestFamily, type TestFamily, type TestFamilyOptions } from './family.ts';

/** What a family needs for sets to be made before migrations. */
export const AUTO = { AUTO_BACKUP_BEFORE_MIGRATION: 'true', BACKUP_LOCAL: 'true' } as const;

/** A family whose migrations are run as the command runs them: with a run id, a catalogue, and a set before them. */
export interface MigratingFamily extends AsyncDisposable {
  readonly family: TestFamily;
  readonly all: readonly string[];
  /** Adds a file to the migrations of a database. */
  add(database: string, name: string, sql: string): Promise<void>;
  /** What the command does for `migrate up`: a set, then the migrations. */
  up(options?: UpOptions): Promise<{ readonly run: string; readonly backup: MigrationBackup | undefined }>;
  /** Every row of every table of a database, as text, and what its migrations are. */
  contents(database: string): Promise<object>;
}

export interface UpOptions {
  readonly databases?: readonly string[];
  readonly context?: Context;
  /** Its id. Default a new one. */
  readonly run?: string;
  /** Called between the set and the first migration. */
  readonly before?: () => Promise<void>;
}

export async function openMigratingFamily(options: TestFamilyOptions = {}): Promise<MigratingFamily> {
  const family = await openTestFamily({ variables: AUTO, people: 20, ...options });
  const all = Object.values(family.names);
  return {
    family,
    all,
    add: (database, name, sql) =>
      writeFile(
        join(family.root, database, 'migrations', `${name}.sql`),
        `-- Up Migration\n${sql}\n-- Down Migration: none\n`,
      ),
    async up({ databases = all, context = {}, before, run = randomUUID() } = {}) {
      const backup = await backUpBeforeMigration(family.workspace, { databases, runId: run });
      await before?.();
      for (const name of databases) {
        const backups = createBackupCatalogue(family.workspace);
        await migrateUp(family.target(name), {}, { backups, ...context, runId: run });
      }
      return { run, backup };
    },
    async contents(database) {
      const tables = await family.query<{ name: string }>(
        database,
        `SELECT format('%I.%I', nspname, relname) AS name FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
          WHERE relkind IN ('r', 'p') AND nspname = 'public' ORDER BY 1`,
      );
      const rows = await Promise.all(
        tables.map(async ({ name }) => {
          const found = await family.query<{ row: string }>(
            database,
            `SELECT t::text AS row FROM ${name} AS t ORDER BY 1`,
          );
          return [name, found.map(({ row }) => row)] as const;
        }),
      );
      return Object.fromEntries(rows);
    },
    [Symbol.asyncDispose]: () => family[Symbol.asyncDispose](),
  };
}
