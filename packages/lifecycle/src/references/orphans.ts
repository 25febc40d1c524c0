import pg from 'pg';
import type { KeyColumn } from './column.ts';
import { holdsKey } from './key.ts';

/** A column, and a session in its database that may be asked at any time. */
export interface LiveColumn {
  readonly client: pg.ClientBase;
  readonly column: KeyColumn;
}

/** A row whose key leads nowhere. */
export interface OrphanSample {
  readonly key: string;
  /** The row's primary key, column by column; of a table without one, its `ctid`. */
  readonly row: Readonly<Record<string, string>>;
}

/** Keys that lead nowhere, each with the number of rows that hold it. */
export type OrphanKeys = ReadonlyMap<string, number>;

/**
 * Which of these keys are in the source and not in the target at this moment: asks the target, then the source, then
 * the target again. A row that was deleted together with what refers to it is out after the first two, whenever that
 * happened; one that came back under its old key, after the third.
 */
export async function verifyOrphans(
  keys: readonly string[],
  source: LiveColumn,
  target: LiveColumn,
): Promise<OrphanKeys> {
  const rows = await countRows(await withoutExisting(keys, target), source);
  const missing = new Set(await withoutExisting([...rows.keys()], target));
  return new Map([...rows].filter(([key]) => missing.has(key)));
}

/** The keys that no row of the column has. */
export async function withoutExisting(
  keys: readonly string[],
  { client, column: keyColumn }: LiveColumn,
): Promise<string[]> {
  if (keys.length === 0) return [];
  const { table, column } = keyColumn;
  const { rows } = await client.query<{ key: string }>(
    `SELECT DISTINCT ${column}::text AS key FROM ${table} WHERE ${holdsKey(keyColumn)}`,
    [keys],
  );
  const existing = new Set(rows.map(({ key }) => key));
  return keys.filter((key) => !existing.has(key));
}

/** How many rows hold each of the keys, those that none holds left out. */
export async function countRows(
  keys: readonly string[],
  { client, column: keyColumn }: LiveColumn,
): Promise<OrphanKeys> {
  if (keys.length === 0) return new Map();
  const { table, column } = keyColumn;
  const { rows } = await client.query<{ key: string; count: string }>(
    `SELECT ${column}::text AS key, count(*) AS count FROM ${table}
      WHERE ${holdsKey(keyColumn)} GROUP BY 1 ORDER BY 1`,
    [keys],
  );
  return new Map(rows.map(({ key, count }) => [key, Number(count)]));
}

/** At most `limit` rows that hold one of the keys. */
export async function readSamples(
  keys: readonly string[],
  { client, column: keyColumn }: LiveColumn,
  limit: number,
): Promise<OrphanSample[]> {
  if (keys.length === 0 || limit === 0) return [];
  const { table, column, primaryKey } = keyColumn;
  const names = primaryKey.length > 0 ? primaryKey : ['ctid'];
  const parts = names.map((name) => `${pg.escapeLiteral(name)}, ${pg.escapeIdentifier(name)}::text`);
  const { rows } = await client.query<OrphanSample>(
    `SELECT ${column}::text AS key, json_build_object(${parts.join(', ')}) AS row FROM ${table}
      WHERE ${holdsKey(keyColumn)} ORDER BY ${column}, ${names.map(pg.escapeIdentifier).join(', ')}
      LIMIT ${limit}`,
    [keys],
  );
  return rows;
}
