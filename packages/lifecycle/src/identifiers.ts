import pg from 'pg';

/** `"schema"."name"`, quoted for SQL. */
export function qualified(schema: string, name: string): string {
  return `${pg.escapeIdentifier(schema)}.${pg.escapeIdentifier(name)}`;
}
