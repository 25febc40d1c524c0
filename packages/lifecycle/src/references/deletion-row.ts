import { AtrizError } from '@atriz/database';
import { formatColumn } from '@atriz/database/workspace';
import pg from 'pg';
import type { RowValues } from './deletion-state.ts';
import { canonical, holdsKey, isKey } from './key.ts';
import type { LiveColumn } from './orphans.ts';
import { toRuleError } from './rule.ts';

const LOCK_SPACE = 'atriz.deletions';

/** Refuses what cannot be a key of the column. Throws `ARGUMENT_INVALID`. */
export function checkKey(key: string, { column: { name, kind, type } }: LiveColumn): void {
  if (isKey(kind, key)) return;
  throw new AtrizError('ARGUMENT_INVALID', `"${key}" cannot be a key of ${formatColumn(name)}, which is ${type}`);
}

/** The key as PostgreSQL writes it: one key has one name in the ledger, however it was typed. */
export async function canonicalKey(key: string, { client, column: { kind } }: LiveColumn): Promise<string> {
  const { rows } = await client.query<{ key: string }>(`SELECT ${canonical(kind)} AS key`, [key]);
  return rows[0]!.key;
}

/**
 * Waits until nobody else deletes this row; the lock is the session's. Throws the server's 55P03 when it takes longer
 * than `lock_timeout`.
 */
export async function lockDeletion({ client, column: { name } }: LiveColumn, key: string): Promise<void> {
  const subject = `${LOCK_SPACE} ${formatColumn(name)} ${key}`;
  await client.query('SELECT pg_advisory_lock(hashtextextended($1, 0))', [subject]);
}

/**
 * The row's values in `columns`, `undefined` when there is no such row; `lock` keeps others from changing it, and from
 * referring to it with a lock of their own, until the transaction ends. Throws `REFERENCE_INVALID` for several rows.
 */
export async function readRow(
  key: string,
  { client, column }: LiveColumn,
  { columns, lock = false }: { readonly columns: readonly string[]; readonly lock?: boolean },
): Promise<RowValues | undefined> {
  const values = columns.map(pg.escapeIdentifier).map((each) => `${each}::text AS ${each}`);
  const { rows } = await client.query<RowValues>(
    `SELECT ${values.join(', ')} FROM ${column.table} WHERE ${holdsKey(column)}${lock ? ' FOR UPDATE' : ''}`,
    [[key]],
  );
  if (rows.length <= 1) return rows[0];
  throw new AtrizError('REFERENCE_INVALID', `${rows.length} rows of ${formatColumn(column.name)} are ${key}, not one`, {
    hint: 'name a column that is unique',
  });
}

/** Deletes the row, in the caller's transaction. Throws `REFERENCE_FAILED` when its own database does not let it go. */
export async function deleteRow(key: string, target: LiveColumn): Promise<void> {
  const { client, column } = target;
  try {
    await client.query(`DELETE FROM ${column.table} WHERE ${holdsKey(column)}`, [[key]]);
    await client.query('SET CONSTRAINTS ALL IMMEDIATE');
  } catch (error) {
    throw toRuleError(error, 'cascade', target);
  }
}

/** Asks whether the row's own database would let it go, and keeps it. Throws as {@link deleteRow} does. */
export async function probeRow(key: string, target: LiveColumn): Promise<void> {
  await target.client.query('BEGIN');
  try {
    await deleteRow(key, target);
  } finally {
    await target.client.query('ROLLBACK').catch(() => undefined); // fails where the connection is gone, and all with it
  }
}
