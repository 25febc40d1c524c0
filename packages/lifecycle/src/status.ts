import { AtrizError, sqlState, type ErrorCode } from '@atriz/database';
import type { Context } from './context.ts';
import { checkIdentity, readIdentity } from './ledger/identity.ts';
import { compareHistory, readHistory } from './migrations/history.ts';
import { readMigrationFiles } from './migrations/migration-file.ts';
import { directoryOf } from './migrations/runner.ts';
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
}

/** Reads how a database stands to its package's files. Writes nothing; what is wrong is in `problems`, not thrown. */
export async function readStatus(target: Target, context: Context = {}): Promise<DatabaseStatus> {
  const { database, provider, parameters } = target;
  const base = { name: database.name, owner: database.owner, provider };
  const unknown = { reachable: false, applied: 0, pending: [] as string[] };
  let files;
  try {
    files = await readMigrationFiles(directoryOf(target));
  } catch (error) {
    return { ...base, ...unknown, problems: [toProblem(error)] };
  }
  const all = files.map(({ name }) => name);
  let reachable = false;
  try {
    return await withSession(parameters, context, async (client) => {
      reachable = true;
      const problems: Problem[] = [];
      const identity = await readIdentity(client);
      if (identity) collect(problems, () => checkIdentity(identity, target));
      const history = await readHistory(client, database.migrationsTable);
      const { pending, missing, outOfOrder } = compareHistory(files, history);
      problems.push(
        ...missing.map((name) => problem('MIGRATION_MISSING', `${name} is applied, but its file is gone`)),
        ...outOfOrder.map(({ name }) => problem('MIGRATION_OUT_OF_ORDER', `${name} is older than the newest applied`)),
      );
      return { ...base, reachable, applied: history.length, pending: pending.map(({ name }) => name), problems };
    });
  } catch (error) {
    return { ...base, ...unknown, reachable, pending: all, problems: [toProblem(error)] };
  }
}

function collect(problems: Problem[], check: () => void): void {
  try {
    check();
  } catch (error) {
    problems.push(toProblem(error));
  }
}

function problem(code: ErrorCode, message: string): Problem {
  return { code, message };
}

function toProblem(error: unknown): Problem {
  if (sqlState(error)) return problem('QUERY_FAILED', `the server refused to tell: ${(error as Error).message}`);
  if (!(error instanceof AtrizError)) throw error;
  const { code, message, hint } = error;
  return hint === undefined ? { code, message } : { code, message, hint };
}
