import type pg from 'pg';
import type { Context } from '../context.ts';
import { qualified } from '../identifiers.ts';
import { recordTexts } from '../ledger/migration-rows.ts';
import type { Run } from '../ledger/run.ts';
import { HISTORY_SCHEMA } from '../migrations/history.ts';
import { readMigration } from '../migrations/migration-file.ts';
import type { Target } from '../target.ts';
import type { Squash } from './standing.ts';

/**
 * Puts squashes in the place of what they were made of, in history and ledger, in one transaction; runs nothing of them.
 * Each gets the time of the newest that it takes the place of, so that the order of the history stays. The caller holds
 * the migration lock, and the ledger is there.
 */
export async function takeOverSquashed(
  client: pg.Client,
  target: Target,
  squashed: readonly Squash[],
  { run, onProgress }: Pick<Context, 'onProgress'> & { readonly run: Run },
): Promise<void> {
  if (squashed.length === 0) return;
  const table = target.database.migrationsTable;
  const history = qualified(HISTORY_SCHEMA, table);
  await client.query('BEGIN');
  try {
    for (const { file, squashes } of squashed) {
      onProgress?.(`${file.name} takes the place of what it squashes; nothing of it is run`);
      await client.query(
        `WITH gone AS (DELETE FROM ${history} WHERE name = ANY ($2) RETURNING run_on)
         INSERT INTO ${history} (name, run_on) SELECT $1, max(run_on) FROM gone`,
        [file.name, squashes],
      );
      await client.query('DELETE FROM atriz.migrations WHERE name = ANY ($1)', [squashes]);
      await recordTexts(client, { migrations: [await readMigration(file)], table, runId: run.id });
    }
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK').catch(() => undefined); // the first error is the one to tell
    throw error;
  }
  for (const { file } of squashed) run.note(file.name);
}
