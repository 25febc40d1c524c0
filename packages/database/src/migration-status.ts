import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { checksumOf } from './checksum.ts';
import type { Definition } from './definition.ts';
import { readMigrationNames } from './migration-names.ts';
import { readSquashed, type ReadyPool } from './ready-answer.ts';
import { sqlState } from './sql-state.ts';

/**
 * How a database stands to the migrations of the code: `pending` where it lacks some, `drifted` where it is another
 * definition's, or one was applied with another text than its file has. A database that is ahead of the code is
 * `up-to-date`.
 */
export type MigrationStatus = 'up-to-date' | 'pending' | 'drifted';

interface Answer {
  readonly isOther: boolean;
  readonly missing: readonly string[];
  readonly edited: readonly string[];
}

const NEVER_MIGRATED = new Set(['42P01', '3F000']); // no such table, no such schema
const PERMISSION_DENIED = '42501';

/**
 * Asks, by one query that writes nothing, how a database stands to the migrations in the package's directory. A role
 * that may not read `atriz.migrations` is told what the names alone tell. Rejects with pg's errors.
 */
export async function readMigrationStatus(
  pool: ReadyPool,
  { name, migrationsDirectory, migrationsTable }: Pick<Definition, 'name' | 'migrationsDirectory' | 'migrationsTable'>,
  { directory }: { readonly directory: string },
): Promise<MigrationStatus> {
  const names = await readMigrationNames(join(directory, migrationsDirectory));
  const checksums = await Promise.all(
    names.map(async (each) => checksumOf(await readFile(join(directory, migrationsDirectory, `${each}.sql`), 'utf8'))),
  );
  const ask = (question: string): Promise<Answer | undefined> =>
    pool.query<Answer>(question, [names, checksums, name]).then(({ rows: [answer] }) => answer);
  let answer: Answer | undefined;
  try {
    answer = await ask(questionOf(migrationsTable, EDITED)).catch((error: unknown) => {
      if (sqlState(error) !== PERMISSION_DENIED) throw error;
      return ask(questionOf(migrationsTable, UNKNOWN));
    });
  } catch (error) {
    if (NEVER_MIGRATED.has(sqlState(error))) return 'pending';
    throw error;
  }
  if (answer === undefined) return 'pending';
  if (answer.isOther || answer.edited.length > 0) return 'drifted';
  if (answer.missing.length === 0) return 'up-to-date';
  const squashed = await readSquashed(pool);
  return answer.missing.every((each) => squashed.has(each)) ? 'up-to-date' : 'pending';
}

const EDITED = `ARRAY(SELECT file.name FROM file JOIN atriz.migrations AS applied USING (name)
        WHERE applied.checksum <> file.checksum)`;
const UNKNOWN = `'{}'::text[]`;

function questionOf(migrationsTable: string, edited: string): string {
  return `
WITH file AS (SELECT * FROM unnest($1::text[], $2::text[]) AS file (name, checksum))
SELECT identity.definition <> $3 AS "isOther",
       ARRAY(SELECT file.name FROM file WHERE NOT EXISTS
         (SELECT FROM public.${pg.escapeIdentifier(migrationsTable)} AS applied WHERE applied.name = file.name)) AS missing,
       ${edited} AS edited
  FROM atriz.identity AS identity`;
}
