import { setTimeout as wait } from 'node:timers/promises';
import { AtrizError, sqlState, type DeleteRule } from '@atriz/database';
import { formatColumn } from '@atriz/database/workspace';
import { holdsKey } from './key.ts';
import type { LiveColumn } from './orphans.ts';

/** The rules that change the rows that refer. */
export type ChangingRule = Extract<DeleteRule, 'cascade' | 'set null'>;

/** Rows changed in one transaction: a moment's work, and locks that are gone before somebody waits long. */
const BATCH_ROWS = 1000;
const TRIES = 5;
const DEEDS = { cascade: 'delete rows of', 'set null': 'set to null', lock: 'lock' } as const;
const FOREIGN_KEY_VIOLATION = '23503';
const LOCK_NOT_AVAILABLE = '55P03';
const RETRYABLE = new Set(['40001', '40P01']);
/** Classes of SQLSTATE by which a table says no: constraints, triggers, privileges. */
const REFUSAL = /^(?:09|23|27|42501|44|P0)/;

export function isChanging(rule: DeleteRule): rule is ChangingRule {
  return rule === 'cascade' || rule === 'set null';
}

/**
 * Deletes at most 1,000 of the rows that hold one of the keys, or sets their column to null, in one transaction;
 * resolves to how many it were. To be called until that is 0.
 *
 * Throws `REFERENCE_FAILED` when the table refuses, `LOCK_TIMEOUT` and connection errors.
 */
export async function applyRule(rule: ChangingRule, keys: readonly string[], source: LiveColumn): Promise<number> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await changeBatch(rule, keys, source);
    } catch (error) {
      if (!RETRYABLE.has(sqlState(error)) || attempt === TRIES) throw toRuleError(error, rule, source);
      await wait(Math.random() * 50 * attempt);
    }
  }
}

/**
 * Changes a first batch and takes it back, so that a table that refuses says so before anything is gone.
 * Throws as {@link applyRule} does.
 */
export async function probeRule(rule: ChangingRule, keys: readonly string[], source: LiveColumn): Promise<void> {
  const { client } = source;
  await client.query('BEGIN');
  try {
    await changeBatch(rule, keys, source);
    await client.query('SET CONSTRAINTS ALL IMMEDIATE');
  } catch (error) {
    throw toRuleError(error, rule, source);
  } finally {
    await client.query('ROLLBACK').catch(() => undefined); // fails where the connection is gone, and the change with it
  }
}

/** `ctid` is only where to look: the key decides, and rows of several partitions have the same `ctid`. */
async function changeBatch(
  rule: ChangingRule,
  keys: readonly string[],
  { client, column: keyColumn }: LiveColumn,
): Promise<number> {
  const { table, column } = keyColumn;
  const isMeant = holdsKey(keyColumn);
  const places = `ARRAY(SELECT ctid FROM ${table} WHERE ${isMeant} LIMIT ${BATCH_ROWS})`;
  const change = rule === 'cascade' ? `DELETE FROM ${table}` : `UPDATE ${table} SET ${column} = NULL`;
  const { rowCount } = await client.query(`${change} WHERE ctid = ANY (${places}) AND ${isMeant}`, [keys]);
  return rowCount ?? 0;
}

/** What it means that a table refuses, or is locked; other errors as they are. */
export function toRuleError(error: unknown, rule: ChangingRule | 'lock', { column: { name } }: LiveColumn): unknown {
  const state = sqlState(error);
  const { message, detail } = error as { readonly message: string; readonly detail?: string };
  const deed = `${DEEDS[rule]} ${rule === 'set null' ? formatColumn(name) : `${name.table} of ${name.database}`}`;
  if (state === LOCK_NOT_AVAILABLE) {
    return new AtrizError('LOCK_TIMEOUT', `could not ${deed}: another session holds the table, or some of its rows`, {
      hint: 'close the transaction that holds them (pg_stat_activity shows them), and run the command again',
      cause: error,
    });
  }
  if (!REFUSAL.test(state)) return error;
  return new AtrizError('REFERENCE_FAILED', `could not ${deed}: ${message}${detail ? ` (${detail})` : ''}`, {
    hint:
      state === FOREIGN_KEY_VIOLATION
        ? 'declare that foreign key ON DELETE CASCADE or SET NULL, or delete its rows first; then run the command again'
        : 'change what the table refuses, or the rule of the reference; then run the command again',
    cause: error,
  });
}
