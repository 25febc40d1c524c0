import { AtrizError } from '@atriz/database';
import { withScratchDatabase, withSession, type Context, type Target } from '@atriz/lifecycle';
import { compareSchemas, rebuildSchema } from '@atriz/lifecycle/drift';
import type pg from 'pg';
import { runAll, type Task } from '../engines/limited.ts';
import { copyRows } from './copy-rows.ts';
import { copyLargeObjects } from './large-objects.ts';
import { refreshMaterializedViews } from './materialized-views.ts';
import { createPartitions } from './partitions.ts';
import { qualified } from './quoting.ts';
import { resumeChecks, suspendChecks } from './suspended-checks.ts';
import { readSequence, readTable, setSequence, type TableName } from './table.ts';

export interface CopyDatabaseOptions {
  /** A database that nobody writes to meanwhile, such as a restored one on a server of its own. */
  readonly from: Target;
  /** A new, empty one, anywhere. */
  readonly to: Target;
  /** How many tables at once. */
  readonly jobs: number;
  readonly context: Context;
}

export interface CopiedDatabase {
  readonly tables: number;
  readonly rows: number;
}

/** How many differences a message names. */
const SHOWN = 5;

/** Tables with rows of their own. What a foreign table, or an extension, has is not ours to copy. */
const TABLES = `
SELECT nspname AS schema, relname AS name FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
 WHERE relkind = 'r' AND relpersistence <> 't' AND nspname <> 'information_schema' AND nspname !~ '^pg_'
   AND NOT EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_class'::regclass AND objid = pg_class.oid AND deptype = 'e')
 ORDER BY pg_table_size(pg_class.oid) DESC, 1, 2`;

const SEQUENCES = `
SELECT format('%I.%I', nspname, relname) AS name FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
 WHERE relkind = 'S' AND relpersistence <> 't' AND nspname <> 'information_schema' AND nspname !~ '^pg_'
   AND NOT EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_class'::regclass AND objid = pg_class.oid AND deptype = 'e')
 ORDER BY 1`;

/**
 * Copies a database of which there is no archive, such as one of a physical set, into one on another server and of any
 * version: its structure by the migrations that its own ledger keeps, with the partitions that were added since, then
 * all rows, ledger and history among them, sequences, large objects and materialized views.
 *
 * The structure is first tried in a scratch database beside the source, and compared: `RESTORE_BLOCKED` names what was made by hand, past the migrations.
 * Every foreign key is checked over the copied rows. What belongs to roles is not copied; they are applied afterwards.
 * A failure leaves a database that is to be dropped.
 */
export async function copyDatabase({ from, to, jobs, context }: CopyDatabaseOptions): Promise<CopiedDatabase> {
  context.onProgress?.(`making the structure of ${to.parameters.database} by its migrations`);
  const sessions = { from, to, context };
  await refuseDifferences(sessions);
  await rebuild(sessions);
  const { tables, checks } = await withPair(sessions, async (source, copy) => {
    const listed = (await source.query<TableName>(TABLES)).rows;
    await refuseMissing(copy, listed);
    await copy.query('BEGIN');
    const suspended = await suspendChecks(copy, listed.map(qualified));
    // What the migrations put in: the source has those rows, as they are now.
    if (listed.length > 0) await copy.query(`TRUNCATE ${listed.map(qualified).join(', ')}`);
    await copy.query('COMMIT');
    return { tables: listed, checks: suspended };
  });
  let rows = 0;
  const copies = tables.map((table): Task => async (signal) => {
    context.onProgress?.(`copying ${table.schema}.${table.name}`);
    const copied = await withPair({ ...sessions, context: { signal } }, (source, copy) => copyOne(source, copy, table));
    rows += copied;
  });
  await runAll(copies, { jobs, signal: context.signal });
  await withPair(sessions, async (source, copy) => {
    for (const { name } of (await source.query<{ name: string }>(SEQUENCES)).rows) {
      await setSequence(copy, name, await readSequence(source, name));
    }
    await copyLargeObjects(source, copy);
    await copy.query('BEGIN');
    await resumeChecks(copy, checks);
    await copy.query('COMMIT');
    await refreshMaterializedViews(copy);
    await copy.query('ANALYZE');
  });
  return { tables: tables.length, rows };
}

type Sessions = Pick<CopyDatabaseOptions, 'from' | 'to' | 'context'>;

function withPair<Result>(
  { from, to, context }: Sessions,
  work: (source: pg.ClientBase, copy: pg.ClientBase) => Promise<Result>,
): Promise<Result> {
  return withSession(from.parameters, context, (source) =>
    withSession(to.parameters, context, async (copy) => {
      await source.query('SET row_security = off');
      return work(source, copy);
    }),
  );
}

async function copyOne(source: pg.ClientBase, copy: pg.ClientBase, table: TableName): Promise<number> {
  const described = await readTable(source, table);
  return copyRows({ from: source, source: described!, to: copy, into: table });
}

async function rebuild(sessions: Sessions): Promise<void> {
  await rebuildSchema(sessions.from, sessions.to, sessions.context);
  await withPair(sessions, createPartitions);
}

/** Beside the source: another version of PostgreSQL words the same structure in another way. */
async function refuseDifferences({ from, context }: Sessions): Promise<void> {
  const differences = await withScratchDatabase(from, context, async (scratch) => {
    await rebuild({ from, to: scratch, context });
    return compareSchemas(from, scratch, context);
  });
  if (differences.length > 0)
    throw blocked(
      from,
      differences.map(({ sentence }) => sentence),
    );
}

/** The comparison leaves the ledger's schema out. */
async function refuseMissing(copy: pg.ClientBase, tables: readonly TableName[]): Promise<void> {
  const { rows } = await copy.query<{ name: string }>(
    'SELECT name FROM unnest($1::text[]) AS name WHERE to_regclass(name) IS NULL',
    [tables.map(qualified)],
  );
  if (rows.length > 0)
    throw new AtrizError('RESTORE_BLOCKED', `this Atriz does not make ${rows.map(({ name }) => name).join(', ')}`, {
      hint: 'use the Atriz that the set was made with, or restore the whole server',
    });
}

function blocked({ parameters }: Target, sentences: readonly string[]): AtrizError {
  const more = sentences.length > SHOWN ? `\n… and ${sentences.length - SHOWN} more` : '';
  const message = `the migrations in the ledger do not make the structure of "${parameters.database}":\n${sentences.slice(0, SHOWN).join('\n')}${more}`;
  return new AtrizError('RESTORE_BLOCKED', message, {
    hint: 'restore the whole server, or make the set with pg_dump: BACKUP_ENGINE=logical',
  });
}
