import { randomUUID } from 'node:crypto';
import { hostname, userInfo } from 'node:os';
import { sqlState } from '@atriz/database';
import type pg from 'pg';
import type { Context } from '../context.ts';
import { VERSION } from '../version.ts';

const BEGIN_RUN = `
INSERT INTO atriz.runs (id, run_id, command, client_user, client_host, atriz_version) VALUES ($1, $2, $3, $4, $5, $6)`;
const END_RUN =
  'UPDATE atriz.runs SET ended_at = clock_timestamp(), outcome = $2, error = $3, changes = $4 WHERE id = $1';
const NO_SUCH_TABLE = '42P01';

/** The run that an operation is part of. */
export interface Run {
  /** The same in the ledger of each database that the run is over. */
  readonly id: string;
  /** To be told of each thing that it did, such as the name of a migration, once that is committed. */
  readonly note: (change: string) => void;
}

/**
 * Runs `work` and keeps in the ledger that it ran: the command, who ran it, what it changed, how it ended. A run that
 * was cut off stays there without an end. A database without a ledger keeps nothing.
 *
 * `client` is in no transaction. After a failure one that is open is rolled back, so that the failure can be written.
 */
export async function withRun<Result>(
  client: pg.ClientBase,
  command: string,
  { runId, onCommitted }: Context,
  work: (run: Run) => Promise<Result>,
): Promise<Result> {
  const id = randomUUID();
  const changes: string[] = [];
  const note = (change: string): void => {
    changes.push(change);
    onCommitted?.(change);
  };
  const run = { id: runId ?? id, note };
  const recorded = await begin(client, [id, run.id, command, userName(), hostname(), VERSION]);
  let result;
  try {
    result = await work(run);
  } catch (error) {
    if (recorded) await endFailed(client, [id, 'failed', firstLine(error), changes]);
    throw error;
  }
  if (recorded) await client.query(END_RUN, [id, 'done', null, changes]);
  return result;
}

async function begin(client: pg.ClientBase, values: readonly unknown[]): Promise<boolean> {
  try {
    await client.query(BEGIN_RUN, [...values]);
    return true;
  } catch (error) {
    if (sqlState(error) === NO_SUCH_TABLE) return false;
    throw error;
  }
}

async function endFailed(client: pg.ClientBase, values: readonly unknown[]): Promise<void> {
  try {
    await client.query('ROLLBACK');
    await client.query(END_RUN, [...values]);
  } catch {
    // the connection is gone; a run without an end tells as much
  }
}

function firstLine(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.split('\n', 1)[0]!;
}

/** A user id without a name, as in some containers, has none. */
function userName(): string | null {
  try {
    return userInfo().username;
  } catch {
    return null;
  }
}
