import { AtrizError, sqlState } from '@atriz/database';
import type pg from 'pg';
import type { Context } from './context.ts';
import { refuseDestruction } from './guard.ts';
import { qualified } from './identifiers.ts';
import { withRun } from './ledger/run.ts';
import { withMigrationLock } from './lock.ts';
import { HISTORY_SCHEMA } from './migrations/history.ts';
import { refuseReset } from './safety.ts';
import { becomeOwner } from './roles/as-owner.ts';
import { withSession } from './session.ts';
import type { Target } from './target.ts';

export interface CleanResult {
  /** How many tables were emptied, partitions not counted apart from their table. */
  readonly tables: number;
  readonly rows: number;
  /** `false` when the tables are so large that `rows` is the planner's estimate. */
  readonly exact: boolean;
}

const LOCK_TIMEOUT_SECONDS = 10;
const LOCK_NOT_AVAILABLE = '55P03';
/** Up to this many bytes of tables, counting costs less than emptying. */
const COUNT_LIMIT_BYTES = 64 * 1024 * 1024;

/** Ordinary and partitioned tables that belong to nobody's extension; a partition is emptied with its table. */
const LIST_TABLES = `
SELECT nspname AS schema, relname AS name, relkind = 'p' AS partitioned,
       coalesce((SELECT sum(pg_relation_size(relid)) FROM pg_partition_tree(pg_class.oid)), pg_relation_size(pg_class.oid))::float8 AS bytes,
       greatest(reltuples, 0)::float8 AS estimate
  FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
 WHERE relkind IN ('r', 'p') AND NOT relispartition AND relpersistence <> 't'
   AND nspname NOT IN ('atriz', 'information_schema') AND nspname !~ '^pg_'
   AND NOT (nspname = $1 AND relname = $2)
   AND NOT EXISTS (SELECT FROM pg_depend
                    WHERE classid = 'pg_class'::regclass AND objid = pg_class.oid AND deptype = 'e')
 ORDER BY nspname, relname`;

interface Table {
  readonly schema: string;
  readonly name: string;
  readonly partitioned: boolean;
  readonly bytes: number;
  readonly estimate: number;
}

/**
 * Empties every table of the database, all or none, in one transaction: one TRUNCATE … RESTART IDENTITY CASCADE.
 * Structure, migration history and ledger stay; tables of extensions are left alone. Takes an ACCESS EXCLUSIVE lock
 * on each table, and gives up when one is not free within ten seconds.
 *
 * Throws `DESTRUCTIVE_REFUSED`, `IDENTITY_MISMATCH` (see `refuseDestruction`), `LOCK_TIMEOUT` (a table, or the database
 * as a whole, is in use) and connection errors.
 */
export async function cleanDatabase(target: Target, context: Context = {}): Promise<CleanResult> {
  refuseReset(target, 'clean');
  return withSession(target.parameters, context, (client) =>
    withMigrationLock(client, target, context, async () => {
      await refuseDestruction(client, target, 'clean', context);
      await becomeOwner(client);
      const { rows: tables } = await client.query<Table>(LIST_TABLES, [
        HISTORY_SCHEMA,
        target.database.migrationsTable,
      ]);
      if (tables.length === 0) return { tables: 0, rows: 0, exact: true };
      context.onProgress?.(`emptying ${tables.length} tables of "${target.parameters.database}"`);
      return withRun(client, 'clean', context, () => empty(client, tables));
    }),
  );
}

async function empty(client: pg.Client, tables: readonly Table[]): Promise<CleanResult> {
  const names = tables.map(({ schema, name }) => qualified(schema, name));
  const exact = tables.reduce((sum, { bytes }) => sum + bytes, 0) <= COUNT_LIMIT_BYTES;
  // The locks come first, so that what is counted is what goes.
  await client.query(`BEGIN; SET LOCAL lock_timeout = '${LOCK_TIMEOUT_SECONDS}s'`);
  await client.query(`LOCK TABLE ${names.join(', ')}`).catch((error: unknown) => {
    throw sqlState(error) === LOCK_NOT_AVAILABLE ? tableInUse(error) : error;
  });
  const rows = exact ? await countRows(client, tables) : tables.reduce((sum, { estimate }) => sum + estimate, 0);
  await client.query(`TRUNCATE ${names.join(', ')} RESTART IDENTITY CASCADE; ${FORGET_SEEDS}; COMMIT`);
  return { tables: tables.length, rows, exact };
}

/** The register says which seeds' rows are there; after TRUNCATE none are. A database without ledger has no register. */
const FORGET_SEEDS = `
DO $$ BEGIN IF to_regclass('atriz.seeds') IS NOT NULL THEN DELETE FROM atriz.seeds; END IF; END $$`;

/** A table that others inherit from is counted without their rows: those tables are in the list themselves. */
async function countRows(client: pg.Client, tables: readonly Table[]): Promise<number> {
  const counts = tables.map(
    ({ schema, name, partitioned }) => `(SELECT count(*) FROM ${partitioned ? '' : 'ONLY '}${qualified(schema, name)})`,
  );
  const { rows } = await client.query<{ total: string }>(`SELECT (${counts.join(' + ')})::text AS total`);
  return Number(rows[0]!.total);
}

function tableInUse(cause: unknown): AtrizError {
  const message = `a table is in use by another session, and was not free within ${LOCK_TIMEOUT_SECONDS} s; nothing was emptied`;
  return new AtrizError('LOCK_TIMEOUT', message, {
    hint: 'close the transaction that uses it (pg_stat_activity shows them), and run the command again',
    cause,
  });
}
