import { AtrizError } from '@atriz/database';
import { formatColumn, resolveReferences, type ColumnName, type Family } from '@atriz/database/workspace';
import type pg from 'pg';
import type { Context } from '../context.ts';
import { refuseDestruction } from '../guard.ts';
import { withRun } from '../ledger/run.ts';
import { readColumn } from './column.ts';
import { columnsReferredTo, flattenPlan, planDeletion, type Dependent } from './deletion-plan.ts';
import { canonicalKey, checkKey, deleteRow, lockDeletion, probeRow, readRow } from './deletion-row.ts';
import {
  addChangedRows,
  beginDeletion,
  enterApply,
  findDeletion,
  finishDeletion,
  forgetDeletion,
  type Deletion,
} from './deletion-state.ts';
import { applyRules, findReferringRows, type ReferringRows, type Walk } from './deletion-walk.ts';
import type { LiveColumn } from './orphans.ts';
import { isChanging, toRuleError } from './rule.ts';
import { openSession, type FamilyAccess } from './session.ts';

/** The row that is to go, and the family whose references lead to it. */
export interface DeletionRequest {
  readonly family: Pick<Family, 'databases'>;
  /** A column that names the row, such as `atriz_shared.users.id`. */
  readonly column: ColumnName;
  /** The row's value in it, as text. */
  readonly key: string;
}

export interface DeletionResult {
  /** False when there was no such row, and no unfinished deletion of one. */
  readonly deleted: boolean;
  /** Whether an earlier run had begun, and this one went on. */
  readonly resumed: boolean;
  /** Rows deleted or set to null, by the column that referred, earlier runs included. */
  readonly changed: Readonly<Record<string, number>>;
  /** Rows that still hold the key, because their rule is `report`. */
  readonly reported: Readonly<Record<string, number>>;
}

const LOCK_TIMEOUT = '10s';

/**
 * Deletes a row together with everything that refers to it in other databases, as the references' rules say.
 *
 * Before anything changes, every database is asked: `restrict` there, a foreign key or a trigger that would not have
 * it, a database that cannot be reached or is protected end it here. Then the rules are applied, database by database,
 * those that depend on others first, in batches that are each a transaction; rows that go along take what refers to
 * them with them. At last the row itself goes, after another look, in one transaction with the ledger's mark.
 *
 * What it is about to do is in the ledger of the row's database first. Killed at any moment, it goes on when it is
 * called again; called once more after that, it does nothing. Two at once for one row: the second waits.
 *
 * Foreign keys inside one database stay PostgreSQL's matter. Rows that an application makes after the last look, for a
 * user who is going, are orphans that `checkReferences` finds.
 *
 * Throws `REFERENCE_RESTRICTED`, `REFERENCE_FAILED`, `REFERENCE_INVALID`, `ARGUMENT_INVALID` (no such key),
 * `DATABASE_UNKNOWN`, `DESTRUCTIVE_REFUSED`, `LOCK_TIMEOUT` and what `openSession` throws.
 */
export async function deleteReferenced(request: DeletionRequest, access: FamilyAccess): Promise<DeletionResult> {
  const { family, column } = request;
  const names = family.databases.map(({ name }) => name);
  if (!names.includes(column.database)) throw unknownDatabase(column.database, names);
  const plan = planDeletion(column, resolveReferences(family.databases), names);
  await using sessions = new AsyncDisposableStack();
  const own = await openGuarded(column.database, access, { sessions, willChange: true });
  const others = await openOthers(plan, access, sessions);
  const columns = new Map<string, LiveColumn>();
  const live = async (name: ColumnName): Promise<LiveColumn> => {
    const key = formatColumn(name);
    const known = columns.get(key);
    if (known) return known;
    const client = others.get(name.database)!;
    const opened = { client, column: await readColumn(client, name) };
    columns.set(key, opened);
    return opened;
  };
  try {
    const target = { client: own, column: await readColumn(own, column) };
    return await run({ key: request.key, target, plan }, live, access.contextFor?.(column.database) ?? {});
  } catch (error) {
    const isInterrupted = access.contextFor?.(column.database).signal?.aborted === true;
    throw isInterrupted ? interrupted(error) : error;
  }
}

interface Run {
  readonly key: string;
  readonly target: LiveColumn;
  readonly plan: readonly Dependent[];
}

async function run({ key: typed, target, plan }: Run, live: Walk['live'], context: Context): Promise<DeletionResult> {
  const { client } = target;
  const { onProgress } = context;
  const name = formatColumn(target.column.name);
  const key = await lockKey(typed, target);
  const columns = [...new Set([target.column.name.column, ...columnsReferredTo(plan)])];
  const begun = await findDeletion(client, name, key);
  const row = (await readRow(key, target, { columns })) ?? begun?.row;
  if (!row) return { deleted: false, resumed: false, changed: {}, reported: {} };

  const deletion = begun ?? (await beginDeletion(client, name, { key, row }));
  const subject = `${name} ${key}`;
  onProgress?.(`looking for what refers to ${subject}`);
  try {
    refuseRestricted(await findReferringRows(plan, [row], { live }), subject, deletion);
    await probeRow(key, target);
  } catch (error) {
    // nothing was changed, so there is nothing to go on with
    await forgetDeletion(client, deletion.id).catch(() => undefined);
    throw error;
  }
  await enterApply(client, deletion.id);
  return withRun(client, 'references delete', context, async ({ note }) => {
    const apply = (): Promise<void> =>
      applyRules(plan, [row], {
        live,
        onRows: async ({ source, onDelete }, rows) => {
          const reference = formatColumn(source);
          onProgress?.(`${plural(rows)} of ${reference} ${onDelete === 'cascade' ? 'deleted' : 'set to null'}`);
          await addChangedRows(client, deletion.id, reference, rows);
        },
      });
    await apply();

    onProgress?.(`deleting ${subject}`);
    await client.query('BEGIN ISOLATION LEVEL READ COMMITTED');
    try {
      await readRow(key, target, { columns, lock: true });
      const referring = await findReferringRows(plan, [row], { live });
      refuseRestricted(referring, subject, { ...deletion, step: 'apply' });
      await apply();
      await deleteRow(key, target);
      const changed = await finishDeletion(client, deletion.id);
      await client.query('COMMIT');
      note(subject);
      const reported = referring.map(({ reference, rows }) => [formatColumn(reference.source), rows]);
      return { deleted: true, resumed: begun !== undefined, changed, reported: Object.fromEntries(reported) };
    } catch (error) {
      await client.query('ROLLBACK').catch(() => undefined); // fails where the connection is gone
      throw error;
    }
  });
}

/** Waits until this row is nobody else's to delete; resolves to its key as PostgreSQL writes it. */
async function lockKey(typed: string, target: LiveColumn): Promise<string> {
  checkKey(typed, target);
  const key = await canonicalKey(typed, target);
  await lockDeletion(target, key).catch((error: unknown) => {
    throw toRuleError(error, 'lock', target);
  });
  return key;
}

function refuseRestricted(
  referring: readonly ReferringRows[],
  subject: string,
  { step }: Pick<Deletion, 'step'>,
): void {
  const restricting = referring.filter(({ reference }) => reference.onDelete === 'restrict');
  if (restricting.length === 0) return;
  const rows = restricting.map(({ reference, rows }) => `${plural(rows)} of ${formatColumn(reference.source)}`);
  const done = step === 'check' ? 'nothing was changed' : 'other rows that referred to it are dealt with already';
  throw new AtrizError('REFERENCE_RESTRICTED', `${subject} is referred to by ${rows.join(', ')}; ${done}`, {
    hint: 'delete those rows or point them elsewhere, and run the command again; or keep the row',
  });
}

/** A session for each database whose rows refer, in which the rules are applied. */
async function openOthers(
  plan: readonly Dependent[],
  access: FamilyAccess,
  sessions: AsyncDisposableStack,
): Promise<Map<string, pg.Client>> {
  const open = new Map<string, pg.Client>();
  const byDatabase = Map.groupBy(flattenPlan(plan), ({ source }) => source.database);
  for (const [database, references] of byDatabase) {
    const willChange = references.some(({ onDelete }) => isChanging(onDelete));
    open.set(database, await openGuarded(database, access, { sessions, willChange }));
  }
  return open;
}

async function openGuarded(
  database: string,
  access: FamilyAccess,
  { sessions, willChange }: { readonly sessions: AsyncDisposableStack; readonly willChange: boolean },
): Promise<pg.Client> {
  const { client, target } = sessions.use(await openSession(access, database));
  if (willChange) await refuseDestruction(client, target, 'delete rows of', access.contextFor?.(database) ?? {});
  await client.query(`SET lock_timeout = '${LOCK_TIMEOUT}'`);
  return client;
}

function plural(rows: number): string {
  return rows === 1 ? '1 row' : `${rows} rows`;
}

function unknownDatabase(name: string, known: readonly string[]): AtrizError {
  return new AtrizError('DATABASE_UNKNOWN', `there is no database "${name}" in this workspace`, {
    hint: `choose one of: ${known.join(', ')}`,
  });
}

function interrupted(cause: unknown): AtrizError {
  return new AtrizError(
    'INTERRUPTED',
    'interrupted; what was committed before it stays so, the row itself is still there',
    {
      hint: 'run the command again to go on',
      cause,
    },
  );
}
