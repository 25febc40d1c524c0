import type pg from 'pg';
import type { Context } from '../context.ts';
import type { Run } from '../ledger/run.ts';
import type { Target } from '../target.ts';
import { callLibrary, type LibraryUnit } from './library.ts';
import { withLockRetries } from './lock-retry.ts';
import type { MigrationSection } from './migration-file.ts';
import { createProgress, type Progress } from './progress.ts';
import { batchTransactions } from './transaction-batch.ts';
import { stepsOf, type Unit } from './unit.ts';

export interface RunSurroundings {
  readonly context: Context;
  readonly run: Run;
}

/**
 * Applies or undoes migrations, all in one direction, through node-pg-migrate's runner: each in a transaction of its
 * own together with its rows in the history and the ledger, so that after a crash at any moment the three agree. One
 * that asks for no transaction is sent statement by statement, and where it stopped is in the ledger.
 *
 * The caller holds the migration lock, on a client in pipeline mode, and has checked the order. Throws
 * `MIGRATION_FAILED` and `LOCK_TIMEOUT`.
 */
export async function runMigrations(
  client: pg.Client,
  target: Target,
  units: readonly Unit[],
  { context, run }: RunSurroundings,
): Promise<void> {
  const progress = createProgress(units, {
    onProgress: context.onProgress,
    onFinished: ({ migration }) => run.note(migration.name),
    keeps: true,
  });
  const attempt = async (): Promise<void> => {
    const batches = batchTransactions(client, { onCommitted: progress.finish });
    try {
      await callUnits(batches.client, target, progress, {
        runId: run.id,
        tellsItsEnd: ({ migration }) => !migration.directives.noTransaction,
      });
      await batches.drain();
    } catch (cause) {
      const error = progress.toError(cause);
      await tidy(client, progress.current(), cause);
      throw error;
    }
  };
  const mayRepeat = (): boolean => !progress.current()?.migration.directives.noTransaction;
  await forgetUnfinished(client);
  await withLockRetries(client, target, context, { attempt, mayRepeat });
  if (units.some(({ migration }) => migration.directives.noTransaction)) await forgetUnfinished(client);
}

/**
 * Undoes migrations and applies them again in one transaction: the others see the old schema or the new one, and a
 * failure leaves the old one. Not for those that ask for no transaction.
 */
export async function redoMigrations(
  client: pg.Client,
  target: Target,
  { undo, apply }: { readonly undo: readonly Unit[]; readonly apply: readonly Unit[] },
  { context, run }: RunSurroundings,
): Promise<void> {
  const inner = {
    query: (text: string) => (WRAPPERS.has(text) ? NOTHING : client.query(text)),
  } as unknown as pg.Client;
  const attempt = async (): Promise<void> => {
    await client.query('BEGIN');
    for (const units of [undo, apply]) {
      const progress = createProgress(units, { onProgress: context.onProgress, keeps: false });
      try {
        await callUnits(inner, target, progress, { runId: run.id, tellsItsEnd: () => false });
      } catch (cause) {
        await client.query('ROLLBACK').catch(() => undefined); // the first error is the one to tell
        throw progress.toError(cause);
      }
    }
    await client.query('COMMIT');
  };
  await forgetUnfinished(client);
  await withLockRetries(client, target, context, { attempt, mayRepeat: () => true });
  for (const { migration } of apply) run.note(migration.name);
}

const TIMESTAMP_LENGTH = 13;

/** What node-pg-migrate sends around each migration, and our transaction takes the place of. */
const WRAPPERS: ReadonlySet<string> = new Set(['BEGIN;', 'COMMIT;']);
const NOTHING = { rows: [], rowCount: 0 };

interface CallOptions {
  readonly runId: string;
  /** Whether somebody else calls `progress.finish` for the unit; else it has finished when the next one begins. */
  readonly tellsItsEnd: (unit: Unit) => boolean;
}

async function callUnits(
  client: pg.Client,
  target: Target,
  progress: Progress,
  { runId, tellsItsEnd }: CallOptions,
): Promise<void> {
  const sections = new Map<string, MigrationSection>();
  let open = false;
  const finishOpen = (): void => {
    if (open) progress.finish();
    open = false;
  };
  const units = progress.rest().map((unit): LibraryUnit & Pick<Unit, 'direction'> => ({
    file: unit.migration,
    direction: unit.direction,
    inTransaction: !unit.migration.directives.noTransaction,
    steps: () => {
      finishOpen();
      progress.begin();
      open = !tellsItsEnd(unit);
      const steps = stepsOf(unit, runId);
      for (const { text, section } of steps) if (section) sections.set(text, section);
      return steps.map(({ text }) => text);
    },
  }));
  const query = (text: string): Promise<pg.QueryResult> => {
    const section = sections.get(text);
    if (section) progress.send(section);
    return client.query(text);
  };
  for (const part of withoutTies(units)) {
    await callLibrary({ query } as unknown as pg.Client, target, { direction: part[0]!.direction, units: part });
  }
  finishOpen();
}

/**
 * The units in parts of different timestamps, mostly one. Files of one timestamp would be put in the order of the
 * machine's language by node-pg-migrate; ours is that of their names, everywhere the same.
 */
function withoutTies<Each extends LibraryUnit>(units: readonly Each[]): Each[][] {
  const parts: Each[][] = [];
  for (const unit of units) {
    const part = parts.at(-1);
    if (part && timestampOf(part.at(-1)!) !== timestampOf(unit)) part.push(unit);
    else parts.push([unit]);
  }
  return parts;
}

function timestampOf({ file }: LibraryUnit): string {
  return file.name.slice(0, TIMESTAMP_LENGTH);
}

/**
 * Ends the transaction that failed, behind whatever was sent after it. A migration without one has done a part of its
 * work: the ledger keeps why it went no further.
 */
async function tidy(client: pg.Client, unit: Unit | undefined, cause: unknown): Promise<void> {
  try {
    await client.query('ROLLBACK');
    if (!unit?.migration.directives.noTransaction) return;
    await client.query('UPDATE atriz.unfinished_migrations SET error = $2 WHERE name = $1', [
      unit.migration.name,
      (cause as Error).message,
    ]);
  } catch {
    // the connection is gone, and its transaction; the first error is the one to tell
  }
}

/** What is there was finished: a run does not begin while something half-done is left, and this one has ended well. */
async function forgetUnfinished(client: pg.Client): Promise<void> {
  await client.query('DELETE FROM atriz.unfinished_migrations');
}
