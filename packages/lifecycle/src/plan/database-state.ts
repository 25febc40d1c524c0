import { AtrizError } from '@atriz/database';
import type { FamilyDatabase } from '@atriz/database/workspace';
import type { Context } from '../context.ts';
import {
  directoryOf,
  readMigration,
  readMigrationFiles,
  type Migration,
  type MigrationFile,
} from '../migrations/migration-file.ts';
import { findObstacles } from '../migrations/obstacles.ts';
import { readStanding } from '../migrations/standing.ts';
import { withReadOnly } from '../read-only.ts';
import { withSession } from '../session.ts';
import { withSquashedNames } from '../squash/standing.ts';
import { problemOf, toProblem, type Problem } from '../status.ts';
import { placeOf, type Target } from '../target.ts';

/** How a database stands to its package's files, as a plan needs to know it. */
export interface DatabaseState {
  readonly database: FamilyDatabase;
  /** `unknown` where not even the settings could be read. */
  readonly provider: string;
  /** `"atriz_shared" on localhost:5432`; empty where the settings could not be read. */
  readonly place: string;
  /** What is forbidden there: `up` refuses what the linter calls an error. */
  readonly isProduction: boolean;
  readonly reachable: boolean;
  readonly exists: boolean;
  readonly appliedCount: number;
  /** What counts as applied: with what an applied squash took the place of. */
  readonly applied: ReadonlySet<string>;
  /** In order; empty for a database that could not be asked. */
  readonly pending: readonly Migration[];
  readonly problems: readonly Problem[];
}

export interface ReadStateOptions {
  readonly open: (database: FamilyDatabase) => Promise<Target>;
  readonly contextFor?: ((database: FamilyDatabase) => Context) | undefined;
  /** Files that are older than the newest applied one are no problem. Default false. */
  readonly allowOutOfOrder?: boolean | undefined;
}

/** Reads it in one transaction that cannot write; what is wrong is in `problems`, not thrown. */
export async function readDatabaseState(
  database: FamilyDatabase,
  { open, contextFor, allowOutOfOrder: outOfOrder }: ReadStateOptions,
): Promise<DatabaseState> {
  const known = { database, provider: 'unknown', place: '', isProduction: false, reachable: false, exists: false };
  try {
    const target = await open(database);
    Object.assign(known, {
      provider: target.provider,
      place: placeOf(target),
      isProduction: target.environment === 'production',
    });
    const files = await readMigrationFiles(directoryOf(target));
    const { history, pending, problems } = await readStandingOf(target, files);
    const [applied, read] = await Promise.all([withSquashedNames(history, files), readMigrations(pending)]);
    return {
      ...known,
      appliedCount: history.length,
      applied,
      pending: read.migrations,
      problems: [...problems, ...read.problems],
    };
  } catch (error) {
    return { ...known, appliedCount: 0, applied: new Set(), pending: [], problems: [toProblem(error)] };
  }

  async function readStandingOf(target: Target, files: readonly MigrationFile[]) {
    try {
      return await withSession(target.parameters, contextFor?.(database) ?? {}, async (client) => {
        Object.assign(known, { reachable: true, exists: true });
        const standing = await withReadOnly(client, (reader) => readStanding(reader, target, files));
        return {
          history: standing.applied.map(({ name }) => name),
          pending: standing.pending,
          problems: findObstacles(standing, target, { outOfOrder }).map(problemOf),
        };
      });
    } catch (error) {
      if (!(error instanceof AtrizError) || error.code !== 'DATABASE_MISSING') throw error;
      known.reachable = true;
      return { history: [], pending: files, problems: [] };
    }
  }
}

async function readMigrations(files: readonly MigrationFile[]) {
  const results = await Promise.allSettled(files.map(readMigration));
  return {
    migrations: results.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : [])),
    problems: results.flatMap((each) => (each.status === 'rejected' ? [toProblem(each.reason)] : [])),
  };
}
