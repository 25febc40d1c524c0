import { AtrizError } from '@atriz/database';
import type { Migration, MigrationSection } from '../migrations/migration-file.ts';
import { readStatements, type Statement } from '../sql/statements.ts';

/** What acts on the whole server, by PostgreSQL's words for the statements. */
const KINDS: ReadonlySet<string> = new Set([
  'CREATE ROLE',
  'ALTER ROLE',
  'DROP ROLE',
  'GRANT ROLE',
  'REVOKE ROLE',
  'DROP OWNED',
  'REASSIGN OWNED',
  'CREATE DATABASE',
  'ALTER DATABASE',
  'DROP DATABASE',
  'CREATE TABLESPACE',
  'ALTER TABLESPACE',
  'DROP TABLESPACE',
  'CREATE SUBSCRIPTION',
  'ALTER SUBSCRIPTION',
  'DROP SUBSCRIPTION',
  'ALTER SYSTEM',
]);

/** Without one of these words a text holds none of them, and need not be parsed. */
const WORDS = /\b(?:role|user|group|owned|database|system|tablespace|subscription|grant|revoke)\b/i;
const ON_DATABASE = /\bON\s+DATABASE\b/i;

/**
 * Refuses what a replay could not keep in its scratch database: roles, other databases, tablespaces and settings of the
 * server are the same for the live one. What a `DO` block does is not looked into: it can look first itself.
 *
 * Throws `REPLAY_REFUSED`, with file and line.
 */
export async function refuseServerWide(migrations: readonly Migration[], direction: 'up' | 'both'): Promise<void> {
  for (const migration of migrations) {
    const sections = direction === 'up' ? [migration.up] : [migration.up, migration.down];
    for (const section of sections) if (section) await refuseIn(migration, section);
  }
}

async function refuseIn({ text, path }: Migration, { sql, offset }: MigrationSection): Promise<void> {
  if (!WORDS.test(sql)) return;
  const found = (await readStatements(sql)).find(isServerWide);
  if (found === undefined) return;
  const line = text.slice(0, offset + found.start).split('\n').length;
  throw new AtrizError(
    'REPLAY_REFUSED',
    `${path}:${line}: ${found.kind} acts on the whole server, so a replay of it would not stay in its scratch database`,
    { hint: 'do it outside of the migrations, or in a DO block that looks first, and takes current_database()' },
  );
}

function isServerWide({ kind, sql }: Statement): boolean {
  return KINDS.has(kind) || ((kind === 'GRANT' || kind === 'REVOKE') && ON_DATABASE.test(sql));
}
