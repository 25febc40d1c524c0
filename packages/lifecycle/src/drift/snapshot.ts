import type pg from 'pg';
import type { Context } from '../context.ts';
import { withSession } from '../session.ts';
import type { Target } from '../target.ts';
import type { Catalog } from './catalog.ts';
import { readCatalog } from './read-catalog.ts';

/** Begins what sees one state of the database and cannot write to it. */
const BEGIN_READING = 'BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY';

/** Runs `work` in a read-only transaction that sees the database as it is at one moment; it is rolled back. */
export function withReadOnly<Result>(
  target: Target,
  context: Context,
  work: (client: pg.Client) => Promise<Result>,
): Promise<Result> {
  return withSession(target.parameters, context, async (client) => {
    await client.query(BEGIN_READING);
    const result = await work(client);
    await client.query('ROLLBACK');
    return result;
  });
}

/** Reads the schema of a database as it is at one moment; see `readCatalog` for what is left out. */
export function readSnapshot(target: Target, context: Context): Promise<Catalog> {
  return withReadOnly(target, context, (client) => readCatalog(client, target.database.migrationsTable));
}
