import { AtrizError, sqlState } from '@atriz/database';
import { asOwner, withSession, type Context, type Target } from '@atriz/lifecycle';
import type pg from 'pg';
import { copyRows } from './copy-rows.ts';
import { qualified } from './quoting.ts';
import { resumeChecks, suspendChecks } from './suspended-checks.ts';
import { readSequence, readTable, setSequence, type Table, type TableName } from './table.ts';

export interface CopyTableOptions {
  /** Where the rows are: such as a restored database that nobody else uses. */
  readonly from: Target;
  /** The live database. */
  readonly to: Target;
  readonly table: TableName;
  /** The name of a new table beside it, in its schema. Default: the rows of the table itself are replaced. */
  readonly as?: string | undefined;
  readonly context: Context;
}

export interface CopiedTable {
  /** How many rows went in. */
  readonly rows: number;
  /** How many were there before; 0 for a new table. */
  readonly replaced: number;
}

const LOCK_WAIT_MS = 10_000;

/**
 * Copies one table's rows from a database into another: into a new table of the live one's columns, defaults, indexes and
 * checks (without foreign keys, triggers, policies and grants), or in place of the live one's rows. All in one
 * transaction: the others see the old rows or the new.
 *
 * In place the table, and those that foreign keys connect it with, are locked for the time of it, no trigger fires, and
 * every foreign key from and to it is checked at the end. Sequences of its columns are moved on to where they were in the
 * source, never back. The set's columns have to be there with their types; a column that came later gets its default.
 *
 * Throws `RESTORE_BLOCKED` (a foreign key would not hold, columns are not there, the new name is taken), `BACKUP_UNKNOWN`
 * (no such table in the source), `LOCK_TIMEOUT` (`context.lockWaitMs`, by default 10 s), `PERMISSION_DENIED`.
 */
export function copyTable(options: CopyTableOptions): Promise<CopiedTable> {
  const { from, to, context } = options;
  return withSession(from.parameters, context, async (reader) => {
    await reader.query('BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY');
    await reader.query('SET LOCAL row_security = off');
    return withSession(to.parameters, context, (writer) =>
      asOwner(writer, to, async () => {
        try {
          return await copyBetween(reader, writer, options);
        } catch (error) {
          throw toCopyError(error, options);
        }
      }),
    );
  });
}

async function copyBetween(
  reader: pg.ClientBase,
  writer: pg.ClientBase,
  { from, to, table, as, context: { lockWaitMs = LOCK_WAIT_MS } }: CopyTableOptions,
): Promise<CopiedTable> {
  const source = await readTable(reader, table);
  if (source === undefined) throw missing('BACKUP_UNKNOWN', table, from);
  await writer.query('BEGIN');
  await writer.query(`SET LOCAL lock_timeout = ${lockWaitMs}; SET LOCAL row_security = off`);
  const live = await readTable(writer, table);
  if (live === undefined) throw missing('RESTORE_BLOCKED', table, to);
  refuseOtherColumns(source, live);
  const copied =
    as === undefined
      ? await replaceRows(reader, writer, { source, live })
      : await copyBeside(reader, writer, { source, as });
  await writer.query('COMMIT');
  return copied;
}

/** DISABLE TRIGGER and TRUNCATE want the strongest lock; taken first, so that it is not come to step by step. */
async function replaceRows(
  reader: pg.ClientBase,
  writer: pg.ClientBase,
  { source, live }: { readonly source: Table; readonly live: Table },
): Promise<CopiedTable> {
  const name = qualified(live);
  await writer.query(`LOCK TABLE ${name} IN ACCESS EXCLUSIVE MODE`);
  const only = live.partitioned ? '' : 'ONLY ';
  const { rows: counted } = await writer.query<{ rows: number }>(`SELECT count(*)::float8 AS rows FROM ${only}${name}`);
  const checks = await suspendChecks(writer, [name]);
  await writer.query(`TRUNCATE ${only}${name}`);
  const rows = await copyRows({ from: reader, source, to: writer, into: live });
  await resumeChecks(writer, checks);
  await advanceSequences(reader, writer, { source, live });
  return { rows, replaced: counted[0]!.rows };
}

async function copyBeside(
  reader: pg.ClientBase,
  writer: pg.ClientBase,
  { source, as }: { readonly source: Table; readonly as: string },
): Promise<CopiedTable> {
  const into = { schema: source.schema, name: as };
  await writer.query(`CREATE TABLE ${qualified(into)} (LIKE ${qualified(source)} INCLUDING ALL)`);
  const rows = await copyRows({ from: reader, source, to: writer, into });
  // Only identity columns have a sequence of their own there: the default of the others is the live table's.
  await advanceSequences(reader, writer, { source, live: (await readTable(writer, into))! });
  return { rows, replaced: 0 };
}

async function advanceSequences(
  reader: pg.ClientBase,
  writer: pg.ClientBase,
  { source, live }: { readonly source: Table; readonly live: Table },
): Promise<void> {
  for (const { column, sequence } of live.sequences) {
    const origin = source.sequences.find((each) => each.column === column);
    if (origin === undefined) continue;
    const [was, is] = [await readSequence(reader, origin.sequence), await readSequence(writer, sequence)];
    const ahead = BigInt(was.lastValue) > BigInt(is.lastValue) || (was.lastValue === is.lastValue && was.isCalled);
    if (ahead) await setSequence(writer, sequence, was);
  }
}

function refuseOtherColumns(source: Table, live: Table): void {
  const copied = source.columns.filter(({ generated }) => !generated);
  const faults = copied.flatMap(({ name, type }) => {
    const column = live.columns.find((each) => each.name === name);
    if (column === undefined) return [`${name} is not there any more`];
    if (column.generated) return [`${name} is computed now`];
    return column.type === type ? [] : [`${name} is ${column.type} now, and was ${type}`];
  });
  const added = live.columns.filter(({ name }) => !source.columns.some((each) => each.name === name));
  faults.push(
    ...added
      .filter(({ optional, generated }) => !optional && !generated)
      .map(({ name }) => `${name} needs a value, and came later`),
  );
  if (faults.length === 0) return;
  const message = `the rows of ${live.schema}.${live.name} in the set do not fit the table as it is now: ${faults.join(', ')}`;
  throw new AtrizError('RESTORE_BLOCKED', message, { hint: 'restore the whole database under another name: --as' });
}

function missing(
  code: 'BACKUP_UNKNOWN' | 'RESTORE_BLOCKED',
  { schema, name }: TableName,
  { parameters }: Target,
): AtrizError {
  const hints = {
    BACKUP_UNKNOWN: 'give it as schema.table, as atriz backup show lists it',
    RESTORE_BLOCKED: 'restore the whole database under another name, or undo the migration that dropped the table',
  };
  return new AtrizError(code, `there is no table ${schema}.${name} in "${parameters.database}"`, { hint: hints[code] });
}

function toCopyError(error: unknown, { table, as, to }: CopyTableOptions): unknown {
  const name = `${table.schema}.${table.name}`;
  const details = { cause: error };
  switch (sqlState(error)) {
    case '42P07':
      return new AtrizError('RESTORE_BLOCKED', `there is a table ${table.schema}.${as} already`, {
        ...details,
        hint: 'give another name, or drop it first',
      });
    case '55P03':
      return new AtrizError(
        'LOCK_TIMEOUT',
        `${name} of "${to.parameters.database}" is in use, and was not free in time`,
        {
          ...details,
          hint: 'end the sessions that use it (pg_stat_activity shows them), and run the command again',
        },
      );
    case '42501':
      return new AtrizError(
        'PERMISSION_DENIED',
        `user "${to.parameters.user}" may not write to ${name}: ${(error as Error).message}`,
        {
          ...details,
          hint: "connect as the table's owner, or as one who may become it",
        },
      );
    default:
      return error;
  }
}
