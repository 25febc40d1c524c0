import { AtrizError, sqlState } from '@atriz/database';
import pg from 'pg';

interface Trigger {
  readonly table: string;
  readonly name: string;
  /** `pg_trigger.tgenabled`. */
  readonly enabled: 'O' | 'R' | 'A';
}

interface ForeignKey {
  readonly table: string;
  readonly name: string;
  readonly definition: string;
  readonly comment: string | null;
}

/** Those of a partitioned table stand for those of its partitions. */
const TRIGGERS = `
SELECT tgrelid::regclass::text AS table, tgname AS name, tgenabled AS enabled
  FROM pg_trigger WHERE tgrelid = ANY ($1::oid[]) AND NOT tgisinternal AND tgenabled <> 'D' ORDER BY 1, 2`;

const FOREIGN_KEYS = `
SELECT conrelid::regclass::text AS table, conname AS name, pg_get_constraintdef(oid) AS definition,
       obj_description(oid, 'pg_constraint') AS comment
  FROM pg_constraint
 WHERE contype = 'f' AND conparentid = 0 AND (conrelid = ANY ($1::oid[]) OR confrelid = ANY ($1::oid[])) ORDER BY 1, 2`;

/** The tables and all their partitions. */
const TREES = `
SELECT DISTINCT relid::oid::text AS oid FROM unnest($1::text[]) AS name CROSS JOIN pg_partition_tree(name::regclass)
UNION SELECT name::regclass::oid::text FROM unnest($1::text[]) AS name`;

const WORDS = { O: 'ENABLE', R: 'ENABLE REPLICA', A: 'ENABLE ALWAYS' } as const;

/** What was suspended, and is to be put back. */
export interface SuspendedChecks {
  readonly triggers: readonly Trigger[];
  readonly foreignKeys: readonly ForeignKey[];
}

/**
 * Takes away what would act on each row that is written to the tables, whose names are quoted: their triggers, and the
 * foreign keys from and to them. In the caller's transaction, which locks those tables and those that they refer to.
 * Whoever owns the tables may do it; no superuser is needed.
 */
export async function suspendChecks(client: pg.ClientBase, tables: readonly string[]): Promise<SuspendedChecks> {
  await client.query('SET LOCAL search_path = pg_catalog'); // so that names and definitions are worded with their schemas
  const trees = await client.query<{ oid: string }>(TREES, [tables]);
  const oids = trees.rows.map(({ oid }) => oid);
  const { rows: triggers } = await client.query<Trigger>(TRIGGERS, [oids]);
  const { rows: foreignKeys } = await client.query<ForeignKey>(FOREIGN_KEYS, [oids]);
  for (const { table, name } of foreignKeys) {
    await client.query(`ALTER TABLE ${table} DROP CONSTRAINT ${pg.escapeIdentifier(name)}`);
  }
  for (const { table, name } of triggers) {
    await client.query(`ALTER TABLE ${table} DISABLE TRIGGER ${pg.escapeIdentifier(name)}`);
  }
  await client.query('SET LOCAL search_path TO DEFAULT');
  return { triggers, foreignKeys };
}

const VIOLATED = '23503';

/**
 * Puts back what was taken away. PostgreSQL checks all rows against each foreign key: `RESTORE_BLOCKED` says which does
 * not hold any more, and for which value.
 */
export async function resumeChecks(client: pg.ClientBase, { triggers, foreignKeys }: SuspendedChecks): Promise<void> {
  await client.query('SET LOCAL search_path = pg_catalog');
  for (const { table, name, definition, comment } of foreignKeys) {
    const quoted = pg.escapeIdentifier(name);
    try {
      await client.query(`ALTER TABLE ${table} ADD CONSTRAINT ${quoted} ${definition}`);
    } catch (error) {
      throw sqlState(error) === VIOLATED ? violated(table, name, error as pg.DatabaseError) : error;
    }
    if (comment === null) continue;
    await client.query(`COMMENT ON CONSTRAINT ${quoted} ON ${table} IS ${pg.escapeLiteral(comment)}`);
  }
  for (const { table, name, enabled } of triggers) {
    await client.query(`ALTER TABLE ${table} ${WORDS[enabled]} TRIGGER ${pg.escapeIdentifier(name)}`);
  }
  await client.query('SET LOCAL search_path TO DEFAULT');
}

function violated(table: string, name: string, error: pg.DatabaseError): AtrizError {
  const detail = error.detail ? `: ${error.detail}` : '';
  return new AtrizError(
    'RESTORE_BLOCKED',
    `the foreign key ${name} of ${table} does not hold with the set's rows${detail}`,
    {
      hint: 'restore the table under another name and merge the rows by hand, or restore the whole database',
      cause: error,
    },
  );
}
