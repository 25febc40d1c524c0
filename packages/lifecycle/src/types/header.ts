import { createHash } from 'node:crypto';
import { checksumOf } from '@atriz/database/workspace';
import type { MigrationFile } from '../migrations/migration-file.ts';

/** Where a package's types are, relative to it. */
export const SCHEMA_FILE = 'src/schema.ts';

/** To be raised when the same migrations give another text: every file is stale then. */
const FORMAT = 1;

const HASH_LINE = /^ \* Made from migrations: ([0-9a-f]{64})$/m;

/** A migration's name and text. */
export type MigrationText = Pick<MigrationFile, 'name'> & { readonly text: string };

/** One value for all that the types are made from; line ends and blanks at line ends do not count. */
export function hashMigrations(migrations: readonly MigrationText[]): string {
  const hash = createHash('sha256').update(`format ${FORMAT}\n`);
  for (const { name, text } of migrations) hash.update(`${name} ${checksumOf(text)}\n`);
  return hash.digest('hex');
}

export function headerOf(database: string, hash: string): string {
  return `/**
 * The tables of ${database}, as its migrations make them, for Kysely. Generated: do not edit, but migrate, and run
 * \`pnpm db:generate\`.
 *
 * Made from migrations: ${hash}
 */
`;
}

/** The hash that a generated file says it was made from; `undefined` for a text that is none. */
export function readHash(text: string): string | undefined {
  return HASH_LINE.exec(text)?.[1];
}
