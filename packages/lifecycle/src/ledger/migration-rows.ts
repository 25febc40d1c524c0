import { checksumOf } from '@atriz/database/workspace';
import pg from 'pg';
import { qualified } from '../identifiers.ts';
import { HISTORY_SCHEMA } from '../migrations/history.ts';
import type { Migration, MigrationFile } from '../migrations/migration-file.ts';
import { VERSION } from '../version.ts';

/** A longer text is not kept in the ledger, so that it can tell that a file was edited, but not how. */
const KEPT_TEXT_CHARACTERS = 1024 * 1024;

/** To be sent in one message with the migration itself: now() is when its transaction began. */
export function recordStatement(
  { name, text }: Migration,
  { direction, runId }: { direction: 'up' | 'down'; runId: string },
): string {
  const quotedName = pg.escapeLiteral(name);
  // The register says which seeds' rows are there. Rows went with the migration, nobody knows whose: so it forgets.
  if (direction === 'down') return `DELETE FROM atriz.migrations WHERE name = ${quotedName}; DELETE FROM atriz.seeds`;
  const kept = keptText(text);
  return `INSERT INTO atriz.migrations (name, checksum, duration_ms, atriz_version, text, run_id) VALUES (${quotedName}, \
'${checksumOf(text)}', extract(epoch FROM clock_timestamp() - now()) * 1000, '${VERSION}', ${kept === undefined ? 'NULL' : pg.escapeLiteral(kept)}, \
${pg.escapeLiteral(runId)}) ${UPDATE}`;
}

const UPDATE = `ON CONFLICT (name) DO UPDATE SET checksum = excluded.checksum, applied_at = excluded.applied_at, \
duration_ms = excluded.duration_ms, atriz_version = excluded.atriz_version, text = excluded.text, run_id = excluded.run_id`;

/**
 * Writes down the files' texts as those that are applied, without running them, for migrations that are in the history:
 * adopted, resolved, or edited and accepted. When they ran is taken from the history.
 */
export async function recordTexts(
  client: pg.ClientBase,
  { migrations, table, runId }: { migrations: readonly Migration[]; table: string; runId?: string | undefined },
): Promise<void> {
  if (migrations.length === 0) return;
  await client.query(
    `INSERT INTO atriz.migrations (name, checksum, applied_at, atriz_version, text, run_id)
     SELECT name, checksum, run_on, $4, text, $5::uuid
       FROM unnest($1::text[], $2::text[], $3::text[]) AS file (name, checksum, text)
       JOIN (SELECT name AS applied, max(run_on) AS run_on FROM ${qualified(HISTORY_SCHEMA, table)} GROUP BY 1) AS history
         ON applied = name
     ON CONFLICT (name) DO UPDATE SET checksum = excluded.checksum, text = excluded.text, run_id = excluded.run_id`,
    [
      migrations.map(({ name }) => name),
      migrations.map(({ text }) => checksumOf(text)),
      migrations.map(({ text }) => keptText(text)),
      VERSION,
      runId,
    ],
  );
}

/** The texts that were applied, by name; those that the ledger has not kept are left out. */
export async function readTexts(client: pg.ClientBase, files: readonly MigrationFile[]): Promise<Map<string, string>> {
  const { rows } = await client.query<{ name: string; text: string }>(
    'SELECT name, text FROM atriz.migrations WHERE text IS NOT NULL AND name = ANY ($1)',
    [files.map(({ name }) => name)],
  );
  return new Map(rows.map(({ name, text }) => [name, text]));
}

/** PostgreSQL's text holds no NUL, and no migration that it could run does. */
function keptText(text: string): string | undefined {
  return text.length <= KEPT_TEXT_CHARACTERS && !text.includes('\0') ? text : undefined;
}
