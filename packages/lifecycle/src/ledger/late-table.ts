import type pg from 'pg';

/** Makers of ledger tables wait for each other: two at once would collide, IF NOT EXISTS or not. */
const LOCK_ID = '7241865325823965';

/** Makes a table of the ledger that not every database needs, when it is first needed. Does nothing when it is there. */
export async function createLateTable(client: pg.ClientBase, name: string, statements: string): Promise<void> {
  const { rows } = await client.query<{ exists: boolean }>(`SELECT to_regclass($1) IS NOT NULL AS "exists"`, [
    `atriz.${name}`,
  ]);
  if (rows[0]!.exists) return;
  await client.query(`BEGIN; SELECT pg_advisory_xact_lock(${LOCK_ID}); ${statements} COMMIT`);
}
