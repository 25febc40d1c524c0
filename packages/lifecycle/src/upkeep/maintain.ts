import { AtrizError, sqlState } from '@atriz/database';
import type pg from 'pg';
import type { Context } from '../context.ts';
import { requireIdentity } from '../ledger/required-identity.ts';
import { withRun, type Run } from '../ledger/run.ts';
import { refusePooler } from '../pooler.ts';
import { withSession } from '../session.ts';
import type { Target } from '../target.ts';
import { deleteExpired } from './expired.ts';
import { makePartitions } from './partitions.ts';
import { describeTask, planUpkeep, type Task } from './plan.ts';
import { carryOutDeletions, type DeletionOutcome, type FamilyReach } from './requested-deletions.ts';
import { ANALYZED, refreshStatistics } from './statistics.ts';

/** What was done to one database. */
export interface MaintainResult {
  /** Another process was at work on this database, so that nothing was done here. */
  readonly busy: boolean;
  readonly partitions: readonly { readonly function: string; readonly created: number }[];
  readonly expired: readonly { readonly table: string; readonly rows: number }[];
  readonly deletions: readonly DeletionOutcome[];
  /** Tables whose statistics were gathered; 0 when that was done in the last 20 hours. */
  readonly analyzed: number;
}

type Doing = {
  -readonly [Key in keyof MaintainResult]: MaintainResult[Key] extends readonly (infer Each)[]
    ? Each[]
    : MaintainResult[Key];
};

/** Every maintainer of one database asks for this lock, and none waits for it. */
const LOCK_ID = '7241865325823966';
const LOCK_TIMEOUT = '10s';
const LOCK_NOT_AVAILABLE = '55P03';
/** A policy that hides rows would leave expired ones: with row_security off PostgreSQL says so instead. */
const SETTINGS = `SET row_security = off; SET statement_timeout = 0; SET lock_timeout = '${LOCK_TIMEOUT}'`;

/**
 * Does what keeps a database up: makes the next partitions, carries out requested deletions over the family, deletes
 * what has expired, gathers statistics; as the definition says. All of it can be run again at any moment, and goes on
 * where an earlier run was stopped.
 *
 * Safe from several machines at once: one works, the others find `busy` and are done. A task that fails does not keep
 * the others from being done; the first failure is thrown at the end.
 *
 * Throws `MAINTENANCE_FAILED` (the server refused), `LOCK_TIMEOUT` (a table is held by others), `NOT_MIGRATED`,
 * `IDENTITY_MISMATCH`, `POOLER_IN_THE_WAY`, what `deleteReferenced` throws, and connection errors.
 */
export async function maintainDatabase(
  target: Target,
  reach: FamilyReach,
  context: Context = {},
): Promise<MaintainResult> {
  const result: Doing = { busy: false, partitions: [], expired: [], deletions: [], analyzed: 0 };
  return withSession(target.parameters, context, async (client) => {
    await client.query(SETTINGS);
    await requireIdentity(client, target);
    await refusePooler(client, target);
    if (!(await tryLock(client))) return { ...result, busy: true };
    const tasks = planUpkeep(target.database, { isInstance: target.instance !== undefined });
    context.onProgress?.(`to do: ${tasks.map(describeTask).join('; ')}`);
    await withRun(client, 'maintain', context, async ({ note }) => {
      const failures: unknown[] = [];
      for (const task of tasks) {
        try {
          await carryOut(client, task, { target, reach, context, result, note });
        } catch (error) {
          if (context.signal?.aborted) throw error;
          failures.push(toMaintenanceError(error, task));
        }
      }
      if (failures.length > 0) throw failures[0];
    });
    return result;
  });
}

interface Work extends Pick<Run, 'note'> {
  readonly target: Target;
  readonly reach: FamilyReach;
  readonly context: Context;
  readonly result: Doing;
}

async function carryOut(client: pg.Client, task: Task, { target, reach, context, result, note }: Work): Promise<void> {
  const { onProgress } = context;
  switch (task.kind) {
    case 'partitions': {
      const created = await makePartitions(client, task);
      result.partitions.push({ function: task.function, created });
      if (created > 0) note(`${task.function} ${created}`);
      return;
    }
    case 'deletions':
      return carryOutDeletions(client, task, {
        ...reach,
        database: target.database.name,
        onOutcome: (outcome) => {
          result.deletions.push(outcome);
          note(`${task.target} ${outcome.key} ${outcome.state}`);
          onProgress?.(`${task.target} ${outcome.key} ${outcome.state}`);
        },
      });
    case 'expired': {
      const rows = await deleteExpired(client, task, (sofar) => onProgress?.(`${sofar} expired rows of ${task.table}`));
      result.expired.push({ table: task.table, rows });
      if (rows > 0) note(`${task.table} ${rows}`);
      return;
    }
    case 'statistics':
      onProgress?.('gathering statistics');
      result.analyzed = await refreshStatistics(client);
      if (result.analyzed > 0) note(ANALYZED);
  }
}

/** The lock is the session's, and ends with it. */
async function tryLock(client: pg.Client): Promise<boolean> {
  const { rows } = await client.query<{ locked: boolean }>(`SELECT pg_try_advisory_lock(${LOCK_ID}) AS locked`);
  return rows[0]!.locked;
}

function toMaintenanceError(error: unknown, task: Task): unknown {
  const state = sqlState(error);
  if (error instanceof AtrizError || state === '') return error;
  const { message } = error as Error;
  if (state === LOCK_NOT_AVAILABLE) {
    const held = `${describeTask(task)}: a table was not free within ${LOCK_TIMEOUT}`;
    return new AtrizError('LOCK_TIMEOUT', held, {
      hint: 'close the transaction that holds it (pg_stat_activity shows them), and run the command again',
      cause: error,
    });
  }
  return new AtrizError('MAINTENANCE_FAILED', `${describeTask(task)}: ${message}`, {
    hint: 'compare the definition\u2019s maintenance with what is in the database; is everything migrated?',
    cause: error,
  });
}
