import pg from 'pg';
import type { TableName } from './table.ts';

/** `"schema"."name"`, for SQL. */
export function qualified({ schema, name }: TableName): string {
  return `${pg.escapeIdentifier(schema)}.${pg.escapeIdentifier(name)}`;
}
