import type pg from 'pg';
import { createLateTable } from '../ledger/late-table.ts';
import { CREATE_DELETIONS } from '../ledger/schema.ts';
import { VERSION } from '../version.ts';

/** A row's values in columns that are referred to, as text; null refers to nothing and is referred to by nothing. */
export type RowValues = Readonly<Record<string, string | null>>;

/** A deletion that was begun and not finished. */
export interface Deletion {
  readonly id: string;
  /** `check`: nothing was changed yet. `apply`: rows of other databases may have been. */
  readonly step: 'check' | 'apply';
  readonly row: RowValues;
}

const FIND = `
SELECT id, step, "row" FROM atriz.deletions WHERE target = $1 AND key = $2 AND finished_at IS NULL`;
const BEGIN = `
INSERT INTO atriz.deletions (target, key, step, "row", atriz_version) VALUES ($1, $2, 'check', $3, $4) RETURNING id, step, "row"`;
const ADD_ROWS = `
UPDATE atriz.deletions
   SET changed = changed || jsonb_build_object($2::text, coalesce((changed ->> $2)::bigint, 0) + $3::bigint)
 WHERE id = $1`;

export async function findDeletion(client: pg.ClientBase, target: string, key: string): Promise<Deletion | undefined> {
  await createLateTable(client, 'deletions', CREATE_DELETIONS);
  return (await client.query<Deletion>(FIND, [target, key])).rows[0];
}

export async function beginDeletion(
  client: pg.ClientBase,
  target: string,
  { key, row }: { readonly key: string; readonly row: RowValues },
): Promise<Deletion> {
  return (await client.query<Deletion>(BEGIN, [target, key, JSON.stringify(row), VERSION])).rows[0]!;
}

/** From here on rows of other databases may be gone. */
export async function enterApply(client: pg.ClientBase, id: string): Promise<void> {
  await client.query(`UPDATE atriz.deletions SET step = 'apply' WHERE id = $1`, [id]);
}

/** Counts rows of a reference that were changed: beside the change, not with it, so after a crash a batch may be missing. */
export async function addChangedRows(
  client: pg.ClientBase,
  id: string,
  reference: string,
  rows: number,
): Promise<void> {
  await client.query(ADD_ROWS, [id, reference, rows]);
}

/** To be called in the transaction that deletes the row itself. Resolves to the rows changed, by reference. */
export async function finishDeletion(client: pg.ClientBase, id: string): Promise<Readonly<Record<string, number>>> {
  const { rows } = await client.query<{ changed: Record<string, number> }>(
    `UPDATE atriz.deletions SET step = 'done', finished_at = now() WHERE id = $1 RETURNING changed`,
    [id],
  );
  return rows[0]!.changed;
}

/** The rows changed, by reference, of the newest deletion of this row that was finished; `undefined` when none was. */
export async function findFinishedDeletion(
  client: pg.ClientBase,
  target: string,
  key: string,
): Promise<Readonly<Record<string, number>> | undefined> {
  const { rows } = await client.query<{ changed: Record<string, number> }>(
    `SELECT changed FROM atriz.deletions WHERE target = $1 AND key = $2 AND step = 'done' ORDER BY finished_at DESC LIMIT 1`,
    [target, key],
  );
  return rows[0]?.changed;
}

/** Forgets a deletion that was refused before it changed anything. */
export async function forgetDeletion(client: pg.ClientBase, id: string): Promise<void> {
  await client.query(`DELETE FROM atriz.deletions WHERE id = $1 AND step = 'check'`, [id]);
}
