import type pg from 'pg';

/** A migration that is applied, and the run that applied it. */
export interface WrittenMigration {
  readonly migration: string;
  readonly runId: string;
  /** What the run was, such as `migrate up`; null where the ledger has forgotten. */
  readonly command: string | null;
}

/** What a database's ledger knows of a run. */
export interface RunTraces {
  /** Whether the run wrote anything: also one that was cut off before it could say so. */
  readonly isTouched: boolean;
  /** The applied migrations of all runs, newest first. */
  readonly written: readonly WrittenMigration[];
}

const HAS_LEDGER = `SELECT to_regclass('atriz.runs') IS NOT NULL AS "hasLedger"`;

/** What a run changed is written at its end; what it applied, with each migration. */
const IS_TOUCHED = `
SELECT EXISTS (SELECT FROM atriz.migrations WHERE run_id = $1)
    OR EXISTS (SELECT FROM atriz.unfinished_migrations WHERE run_id = $1)
    OR EXISTS (SELECT FROM atriz.runs WHERE run_id = $1 AND (changes <> '{}' OR outcome IS NULL)) AS "isTouched"`;

const WRITTEN = `
SELECT name AS migration, run_id AS "runId",
       (SELECT max(command) FROM atriz.runs WHERE runs.run_id = migrations.run_id) AS command
  FROM atriz.migrations WHERE run_id IS NOT NULL ORDER BY applied_at DESC, name DESC`;

/** Reads what a run left in a database. Writes nothing; a database without a ledger knows of none. */
export async function readRunTraces(client: pg.ClientBase, run: string): Promise<RunTraces> {
  const ledger = await client.query<{ hasLedger: boolean }>(HAS_LEDGER);
  if (!ledger.rows[0]!.hasLedger) return { isTouched: false, written: [] };
  const touched = await client.query<{ isTouched: boolean }>(IS_TOUCHED, [run]);
  const written = await client.query<WrittenMigration>(WRITTEN);
  return { isTouched: touched.rows[0]!.isTouched, written: written.rows };
}
