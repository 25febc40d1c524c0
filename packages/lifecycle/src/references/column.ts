import { AtrizError } from '@atriz/database';
import { formatColumn, type ColumnName, type Reference } from '@atriz/database/workspace';
import pg from 'pg';
import { qualified } from '../identifiers.ts';

/** Which keys can be equal: those of one kind, an integer of any width to an integer of any other. */
export type KeyKind = 'integer' | 'text' | 'uuid';

/** A key column as it is in its database right now. */
export interface KeyColumn {
  readonly name: ColumnName;
  /** Quoted for SQL, with its schema. */
  readonly table: string;
  /** Quoted for SQL. */
  readonly column: string;
  readonly kind: KeyKind;
  /** The type as PostgreSQL writes it. */
  readonly type: string;
  readonly isNotNull: boolean;
  /** Whether an index of this column alone keeps it unique. */
  readonly isUnique: boolean;
  /** The primary key's columns; empty where there is none. */
  readonly primaryKey: readonly string[];
  /** Whether the server's bytes of a text are its UTF-8 bytes. */
  readonly isUtf8: boolean;
}

const KINDS: Readonly<Record<string, KeyKind>> = {
  smallint: 'integer',
  integer: 'integer',
  bigint: 'integer',
  uuid: 'uuid',
  text: 'text',
  character: 'text',
  'character varying': 'text',
};

const READ_COLUMN = `
SELECT relkind, attname IS NOT NULL AS "exists", attnotnull AS "isNotNull", format_type(atttypid, atttypmod) AS type,
       getdatabaseencoding() = 'UTF8' AS "isUtf8",
       (WITH RECURSIVE base AS (
          SELECT oid, typbasetype FROM pg_type WHERE oid = atttypid
          UNION ALL
          SELECT pg_type.oid, pg_type.typbasetype FROM pg_type JOIN base ON pg_type.oid = base.typbasetype)
        SELECT format_type(oid, NULL) FROM base WHERE typbasetype = 0) AS base,
       EXISTS (SELECT FROM pg_index
                WHERE indrelid = pg_class.oid AND indisunique AND indisvalid AND indpred IS NULL
                  AND indnkeyatts = 1 AND indkey[0] = attnum) AS "isUnique",
       ARRAY(SELECT part.attname::text
               FROM pg_index, unnest(indkey) WITH ORDINALITY AS key (number, place)
               JOIN pg_attribute AS part ON part.attnum = key.number
              WHERE indrelid = pg_class.oid AND indisprimary AND part.attrelid = pg_class.oid
              ORDER BY place) AS "primaryKey"
  FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
  LEFT JOIN pg_attribute ON attrelid = pg_class.oid AND attname = $3 AND attnum > 0 AND NOT attisdropped
 WHERE nspname = $1 AND relname = $2`;

type ColumnRow = Pick<KeyColumn, 'isNotNull' | 'isUnique' | 'primaryKey' | 'type' | 'isUtf8'> & {
  readonly relkind: string;
  readonly exists: boolean;
  readonly base: string;
};

/** Looks a column up. Throws `REFERENCE_INVALID`: no such table or column, no table, a type that is not compared. */
export async function readColumn(client: pg.ClientBase, name: ColumnName): Promise<KeyColumn> {
  const { rows } = await client.query<ColumnRow>(READ_COLUMN, [name.schema, name.table, name.column]);
  const [row] = rows;
  const shown = formatColumn(name);
  if (!row) throw invalid(`${shown}: there is no table "${name.table}" in schema "${name.schema}"`);
  if (row.relkind !== 'r' && row.relkind !== 'p') throw invalid(`${shown}: "${name.table}" is not a table`);
  if (!row.exists) throw invalid(`${shown}: table "${name.table}" has no column "${name.column}"`);
  const kind = KINDS[row.base];
  if (!kind) {
    throw invalid(`${shown} is of type ${row.type}; references are of integers, uuid, text, varchar or char`);
  }
  const { isNotNull, isUnique, primaryKey, type, isUtf8 } = row;
  return {
    name,
    table: qualified(name.schema, name.table),
    column: pg.escapeIdentifier(name.column),
    kind,
    type,
    isNotNull,
    isUnique,
    primaryKey,
    isUtf8,
  };
}

/** Refuses a reference that cannot hold: keys of different kinds, or `set null` for a column that must not be null. */
export function checkColumns({ onDelete }: Reference, source: KeyColumn, target: KeyColumn): void {
  const shown = formatColumn(source.name);
  if (source.kind !== target.kind) {
    throw invalid(`${shown} is ${source.type}, but ${formatColumn(target.name)} is ${target.type}`);
  }
  if (onDelete === 'set null' && source.isNotNull) {
    throw invalid(`${shown} is NOT NULL, so "set null" cannot be done to it`);
  }
}

function invalid(message: string): AtrizError {
  return new AtrizError('REFERENCE_INVALID', message, {
    hint: 'correct the references in database.config.ts, or migrate the database if it is behind its files',
  });
}
