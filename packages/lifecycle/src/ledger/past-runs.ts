import { sqlState } from '@atriz/database';
import type { Context } from '../context.ts';
import { withSession } from '../session.ts';
import type { Target } from '../target.ts';

/** What one database keeps of a run. */
export interface PastRun {
  /** The same in each database that the run was over. */
  readonly runId: string;
  readonly command: string;
  readonly startedAt: Date;
  readonly endedAt: Date | undefined;
  /** `undefined` while it runs, and for ever when it was cut off. */
  readonly outcome: 'done' | 'failed' | undefined;
  /** The first line of what went wrong. */
  readonly error: string | undefined;
  /** What it did, such as the names of migrations. */
  readonly changes: readonly string[];
  readonly databaseUser: string;
  /** Who ran the command, and on which machine. */
  readonly clientUser: string | undefined;
  readonly clientHost: string | undefined;
}

const NO_SUCH_TABLE = '42P01';

const READ_RUNS = `
SELECT run_id AS "runId", command, started_at AS "startedAt", ended_at AS "endedAt", outcome, error, changes,
       database_user AS "databaseUser", client_user AS "clientUser", client_host AS "clientHost"
  FROM atriz.runs ORDER BY started_at DESC LIMIT $1`;

/** The newest runs that the database's ledger knows, newest first; none where there is no ledger. Writes nothing. */
export async function readRuns(
  target: Target,
  { limit }: { readonly limit: number },
  context: Context = {},
): Promise<readonly PastRun[]> {
  return withSession(target.parameters, context, async (client) => {
    try {
      const { rows } = await client.query<Record<string, unknown>>(READ_RUNS, [limit]);
      return rows.map(
        (row) =>
          Object.fromEntries(
            Object.entries(row).map(([key, value]) => [key, value ?? undefined]),
          ) as unknown as PastRun,
      );
    } catch (error) {
      if (sqlState(error) === NO_SUCH_TABLE) return [];
      throw error;
    }
  });
}
