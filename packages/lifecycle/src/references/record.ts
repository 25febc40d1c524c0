import { sqlState } from '@atriz/database';
import type pg from 'pg';
import { createLateTable } from '../ledger/late-table.ts';
import { CREATE_REFERENCE_CHECKS } from '../ledger/schema.ts';
import { VERSION } from '../version.ts';

/** What the last check of a reference found, as the ledger of the database that refers keeps it. */
export interface ReferenceCheckRecord {
  /** The column that refers, such as `mextrack_db.vehicles.user_id`. */
  readonly reference: string;
  readonly target: string;
  readonly checkedAt: Date;
  readonly durationMs: number;
  /** How many distinct keys there were. */
  readonly keys: number;
  /** How many of them led nowhere when the check, or its mending, was over. */
  readonly orphanKeys: number;
  /** How many rows held those. */
  readonly orphanRows: number;
}

const NO_SUCH_TABLE = '42P01';

const WRITE = `
INSERT INTO atriz.reference_checks (reference, target, checked_at, duration_ms, keys, orphan_keys, orphan_rows, atriz_version)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT (reference) DO UPDATE
SET target = excluded.target, checked_at = excluded.checked_at, duration_ms = excluded.duration_ms,
  keys = excluded.keys, orphan_keys = excluded.orphan_keys, orphan_rows = excluded.orphan_rows,
  atriz_version = excluded.atriz_version`;

const READ = `
SELECT reference, target, checked_at AS "checkedAt", duration_ms AS "durationMs", keys::float8 AS keys,
       orphan_keys::float8 AS "orphanKeys", orphan_rows::float8 AS "orphanRows"
  FROM atriz.reference_checks`;

export async function writeCheck(client: pg.ClientBase, record: ReferenceCheckRecord): Promise<void> {
  await createLateTable(client, 'reference_checks', CREATE_REFERENCE_CHECKS);
  const { reference, target, checkedAt, durationMs, keys, orphanKeys, orphanRows } = record;
  await client.query(WRITE, [reference, target, checkedAt, durationMs, keys, orphanKeys, orphanRows, VERSION]);
}

/** The last check of each reference that was ever checked; empty where none was. One query. */
export async function readChecks(client: pg.ClientBase): Promise<ReferenceCheckRecord[]> {
  try {
    return (await client.query<ReferenceCheckRecord>(READ)).rows;
  } catch (error) {
    if (sqlState(error) === NO_SUCH_TABLE) return [];
    throw error;
  }
}
