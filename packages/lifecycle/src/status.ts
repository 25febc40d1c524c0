import { AtrizError, sqlState, type ErrorCode } from '@atriz/database';
import type pg from 'pg';
import type { Context } from './context.ts';
import { directoryOf, readMigrationFiles } from './migrations/migration-file.ts';
import { findObstacles } from './migrations/obstacles.ts';
import { readStanding } from './migrations/standing.ts';
import { findReferenceProblem, readReferenceStatuses, type ReferenceStatus } from './references/status.ts';
import { withSession } from './session.ts';
import type { Target } from './target.ts';

export interface Problem {
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint?: string;
}

/** One row of the family's state; its field names are a contract with machines that read `atriz status --json`. */
export interface DatabaseStatus {
  readonly name: string;
  readonly owner: string;
  readonly provider: string;
  /** Whether the database could be connected to. */
  readonly reachable: boolean;
  /** How many migrations are applied. */
  readonly applied: number;
  /** The names of those that are not, in the order in which they would be. */
  readonly pending: readonly string[];
  readonly problems: readonly Problem[];
  /** What the last check of each reference found; only where one was checked already. */
  readonly references?: readonly ReferenceStatus[];
}

/** Reads how a database stands to its package's files. Writes nothing; what is wrong is in `problems`, not thrown. */
export async function readStatus(target: Target, context: Context = {}): Promise<DatabaseStatus> {
  const { database, provider, parameters } = target;
  const base = { name: database.name, owner: database.owner, provider };
  const unknown = { reachable: false, applied: 0, pending: [] as string[] };
  let files;
  try {
    files = context.migrationFiles ?? (await readMigrationFiles(directoryOf(target)));
  } catch (error) {
    return { ...base, ...unknown, problems: [toProblem(error)] };
  }
  const all = files.map(({ name }) => name);
  let reachable = false;
  try {
    const read = async (client: pg.Client): Promise<DatabaseStatus> => {
      reachable = true;
      const [standing, references] = await Promise.all([
        readStanding(client, target, files),
        readReferenceStatuses(client, database),
      ]);
      const { applied, pending } = standing;
      const problems: Problem[] = findObstacles(standing, target).map(problemOf);
      problems.push(...references.flatMap(findReferenceProblem));
      const status = {
        ...base,
        reachable,
        applied: applied.length,
        pending: pending.map(({ name }) => name),
        problems,
      };
      return references.length > 0 ? { ...status, references } : status;
    };
    return await withSession(parameters, context, read, { pipeline: true });
  } catch (error) {
    return { ...base, ...unknown, reachable, pending: all, problems: [toProblem(error)] };
  }
}

/** An error as a row of the state shows it. Throws again what nobody threw on purpose. */
export function toProblem(error: unknown): Problem {
  if (sqlState(error)) {
    return problemOf({ code: 'QUERY_FAILED', message: `the server refused to tell: ${(error as Error).message}` });
  }
  if (!(error instanceof AtrizError)) throw error;
  return problemOf(error);
}

/** What is wrong, without all else that came with it. */
export function problemOf({
  code,
  message,
  hint,
}: Omit<Problem, 'hint'> & { readonly hint?: string | undefined }): Problem {
  return hint === undefined ? { code, message } : { code, message, hint };
}
