import type { KeyColumn, KeyKind } from './column.ts';

/**
 * Keys as bytes that compare as PostgreSQL sorts them here: uuid as it is, integers as eight bytes, big-endian, with
 * the sign bit turned over, text as UTF-8 in the order of collation "C".
 */
export type KeyBytes = Uint8Array;

const TYPES: Readonly<Record<KeyKind, string>> = { integer: 'bigint', text: 'text', uuid: 'uuid' };

const UUID = /^[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}$/i;
const LEAST_BIGINT = -(2n ** 63n);

/**
 * The statement that gives a column's keys in binary, sorted, without nulls. A column that is unique is not asked for
 * distinct keys; where an index sorts them, the server does not.
 */
export function selectKeys({ table, column, kind, isUnique, isUtf8 }: KeyColumn): string {
  const sorted =
    kind !== 'text' ? column : isUtf8 ? `${column}::text COLLATE "C"` : `convert_to(${column}::text, 'UTF8')`;
  const query = `SELECT ${isUnique ? '' : 'DISTINCT '}${sorted} FROM ${table} WHERE ${column} IS NOT NULL ORDER BY 1`;
  return `COPY (${query}) TO STDOUT (FORMAT binary)`;
}

/**
 * The condition that a column holds one of the keys of parameter 1. A semi-join, for which PostgreSQL takes an index or
 * hashes; `= ANY` with integers of two widths would compare each row with each key where there is no index.
 */
export function holdsKey({ column, kind }: Pick<KeyColumn, 'column' | 'kind'>): string {
  return `${column} IN (SELECT unnest($1::${TYPES[kind]}[]))`;
}

/** The expression that gives the key of parameter 1 as text, as PostgreSQL writes it. */
export function canonical(kind: KeyKind): string {
  return `$1::${TYPES[kind]}::text`;
}

/** The key as text, as PostgreSQL writes it. */
export function formatKey(kind: KeyKind, key: KeyBytes): string {
  const buffer = Buffer.from(key);
  if (kind === 'text') return buffer.toString();
  if (kind === 'integer') return (buffer.readBigUInt64BE() + LEAST_BIGINT).toString();
  const hex = buffer.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

/** Whether a text that somebody typed can be a key of this kind. */
export function isKey(kind: KeyKind, text: string): boolean {
  if (kind === 'text') return !text.includes('\0');
  if (kind === 'uuid') return UUID.test(text);
  return /^-?\d{1,19}$/.test(text) && BigInt.asIntN(64, BigInt(text)) === BigInt(text);
}
