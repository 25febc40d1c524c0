import { randomBytes } from 'node:crypto';
import { AtrizError } from '@atriz/database';
import { formatColumn, type ColumnName, type Reference } from '@atriz/database/workspace';
import pg from 'pg';
import { columnsReferredTo, type Dependent } from './deletion-plan.ts';
import type { RowValues } from './deletion-state.ts';
import { holdsKey } from './key.ts';
import { countRows, type LiveColumn } from './orphans.ts';
import { applyRule, isChanging, probeRule, toRuleError, type ChangingRule } from './rule.ts';

/** What a walk over everything that refers to some rows works with. */
export interface Walk {
  /** The column, and the one session of the walk in its database. */
  readonly live: (name: ColumnName) => Promise<LiveColumn>;
}

/** Rows that refer to a row that is to go. */
export interface ReferringRows {
  readonly reference: Reference;
  readonly rows: number;
}

const BATCH_ROWS = 1000;
const FRUITLESS_TRIES = 3;

/**
 * Looks for what stands in the way of a deletion, as far down as it reaches: resolves to the rows that `restrict` it,
 * and those that `report` only counts. Each table whose rows would change is asked whether it would let them: a first
 * batch is changed and rolled back. Throws `REFERENCE_FAILED` where one would not.
 */
export async function findReferringRows(
  dependents: readonly Dependent[],
  rows: readonly RowValues[],
  walk: Walk,
): Promise<ReferringRows[]> {
  const found = new Map<Reference, number>();
  const visit = async (level: readonly Dependent[], values: readonly RowValues[]): Promise<void> => {
    for (const { reference, dependents } of level) {
      const keys = keysOf(reference, values);
      if (keys.length === 0) continue;
      const source = await walk.live(reference.source);
      if (isChanging(reference.onDelete)) {
        if (dependents.length > 0)
          await eachBatch(source, keys, columnsReferredTo(dependents), (batch) => visit(dependents, batch));
        else await probeRule(reference.onDelete, keys, source);
        continue;
      }
      const count = [...(await countRows(keys, source)).values()].reduce((sum, each) => sum + each, 0);
      if (count > 0) found.set(reference, (found.get(reference) ?? 0) + count);
    }
  };
  await visit(dependents, rows);
  return [...found].map(([reference, count]) => ({ reference, rows: count }));
}

/**
 * Does to everything that refers to the rows what its rule says, the furthest away first, in batches that are each a
 * transaction. Rows already dealt with are no longer there, so it can be broken off and begun again at any moment.
 */
export async function applyRules(
  dependents: readonly Dependent[],
  rows: readonly RowValues[],
  walk: Walk & { readonly onRows: (reference: Reference, rows: number) => Promise<void> },
): Promise<void> {
  for (const { reference, dependents: further } of dependents) {
    const keys = keysOf(reference, rows);
    if (keys.length === 0 || !isChanging(reference.onDelete)) continue;
    const source = await walk.live(reference.source);
    const changeBatch =
      further.length === 0
        ? () => applyRule(reference.onDelete as ChangingRule, keys, source)
        : () => deleteBatch(source, keys, columnsReferredTo(further), (batch) => applyRules(further, batch, walk));
    for (let changed; (changed = await changeBatch()) > 0;) await walk.onRows(reference, changed);
  }
}

function keysOf({ target }: Reference, rows: readonly RowValues[]): string[] {
  return rows.flatMap((row) => row[target.column] ?? []);
}

async function eachBatch(
  { client, column }: LiveColumn,
  keys: readonly string[],
  columns: readonly string[],
  work: (rows: readonly RowValues[]) => Promise<void>,
): Promise<void> {
  const cursor = `atriz_rows_${randomBytes(6).toString('hex')}`;
  // WITH HOLD: the cursor needs no transaction, so that others may come and go in this session.
  await client.query(
    `DECLARE ${cursor} NO SCROLL CURSOR WITH HOLD FOR
     SELECT ${listAsText(columns)} FROM ${column.table} WHERE ${holdsKey(column)}`,
    [keys],
  );
  for (;;) {
    const { rows } = await client.query<RowValues>(`FETCH ${BATCH_ROWS} FROM ${cursor}`);
    if (rows.length === 0) break;
    await work(rows);
  }
  await client.query(`CLOSE ${cursor}`);
}

/** Deletes a batch of rows after `before` has dealt with what refers to them; resolves to how many it were. */
async function deleteBatch(
  source: LiveColumn,
  keys: readonly string[],
  columns: readonly string[],
  before: (rows: readonly RowValues[]) => Promise<void>,
): Promise<number> {
  const { client, column } = source;
  const { table } = column;
  const isMeant = holdsKey(column);
  for (let attempt = 1; attempt <= FRUITLESS_TRIES; attempt += 1) {
    const { rows } = await client.query<RowValues & { readonly ctid: string; readonly tableoid: string }>(
      `SELECT ${listAsText(columns)}, ctid::text, tableoid::text
         FROM ${table} WHERE ${isMeant} LIMIT ${BATCH_ROWS}`,
      [keys],
    );
    if (rows.length === 0) return 0;
    await before(rows);
    // A row that was changed meanwhile is in another place; it is met again with the next batch.
    const { rowCount } = await client
      .query(
        `DELETE FROM ${table}
          WHERE ctid = ANY ($2::tid[]) AND ${isMeant} AND tableoid::text || ctid::text = ANY ($3::text[])`,
        [keys, rows.map(({ ctid }) => ctid), rows.map(({ ctid, tableoid }) => tableoid + ctid)],
      )
      .catch((error: unknown) => {
        throw toRuleError(error, 'cascade', source);
      });
    if (rowCount) return rowCount;
  }
  throw new AtrizError('REFERENCE_FAILED', `rows of ${formatColumn(column.name)} stay although they were deleted`, {
    hint: 'look for a trigger that keeps them, or a session that changes them all the time; then run the command again',
  });
}

function listAsText(columns: readonly string[]): string {
  return columns
    .map(pg.escapeIdentifier)
    .map((column) => `${column}::text AS ${column}`)
    .join(', ');
}
