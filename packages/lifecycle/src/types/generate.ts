import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { createKysely, type Queryable } from '@atriz/database/kysely';
import pg from 'pg';
import type { Context } from '../context.ts';
import { replay } from '../drift/replay.ts';
import { refuseServerWide } from '../drift/server-wide.ts';
import { directoryOf, readMigration, readMigrationFiles } from '../migrations/migration-file.ts';

import { withScratchDatabase } from '../scratch.ts';
import { withSession } from '../session.ts';
import type { Target } from '../target.ts';
import { readColumnFacts } from './column-facts.ts';
import { headerOf, hashMigrations, SCHEMA_FILE } from './header.ts';
import { planCorrections } from './metadata.ts';

export interface GenerateResult {
  /** The file, relative to the package. */
  readonly file: string;
  /** Whether it was written; `false` where it said the same already. */
  readonly written: boolean;
  readonly tables: number;
}

/**
 * Writes the package's Kysely types: of a scratch database, made from its migrations on the target's server, so that
 * what was done by hand to any other is not in them. The database itself need not exist, and is not looked at.
 *
 * Throws what {@link withScratchDatabase}, {@link replay} and {@link refuseServerWide} throw.
 */
export async function generateTypes(target: Target, context: Context = {}): Promise<GenerateResult> {
  const { text, tables } = await renderTypes(target, context);
  const path = join(target.database.directory, SCHEMA_FILE);
  const before = await readFile(path, 'utf8').catch(() => undefined);
  const written = before?.replaceAll('\r\n', '\n') !== text;
  if (written) {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text);
  }
  return { file: SCHEMA_FILE, written, tables };
}

/** The text of the package's types, and of how many tables and views they are. Writes no file. */
export async function renderTypes(
  target: Target,
  context: Context = {},
): Promise<{ readonly text: string; readonly tables: number }> {
  const files = await readMigrationFiles(directoryOf(target));
  const migrations = await Promise.all(files.map(readMigration));
  await refuseServerWide(migrations, 'up');
  context.onProgress?.(`replaying ${files.length === 1 ? '1 migration' : `${files.length} migrations`}`);
  const silent = { ...context, onProgress: undefined };
  return withScratchDatabase(target, silent, async (scratch) => {
    await replay(scratch, { direction: 'up', files }, silent);
    context.onProgress?.('reading the schema');
    const { body, tables } = await withSession(scratch.parameters, context, (client) =>
      renderBody(client, target.database.migrationsTable),
    );
    return { text: `${headerOf(target.database.name, hashMigrations(migrations))}${body}`, tables };
  });
}

async function renderBody(
  client: pg.Client,
  historyTable: string,
): Promise<{ readonly body: string; readonly tables: number }> {
  const [{ serializeFromMetadata }, { createDialect }, { StableSerializer }] = await Promise.all([
    import('kysely-codegen'),
    import('./dialect.ts'),
    import('./serializer.ts'),
  ]);
  const dialect = createDialect();
  const facts = await readColumnFacts(client, historyTable);
  const metadata = await dialect.introspector.introspect({ db: createKysely(oneByOne(client)) });
  const { tables, columns } = planCorrections(metadata, facts, {
    scalars: dialect.adapter.scalars,
    isParsed: isParsedArray,
  });
  const body = serializeFromMetadata({
    metadata: { ...metadata, tables: [...tables] },
    dialect,
    overrides: { columns },
    serializer: new StableSerializer(),
  });
  return { body, tables: tables.length };
}

/** The introspection asks all its questions at once, which is more than one session may be asked. */
function oneByOne(client: pg.Client): Queryable {
  let last: Promise<unknown> = Promise.resolve();
  return {
    query: (text, values) => {
      const answer = last.then(() => client.query(text, values));
      last = answer.catch(() => undefined);
      return answer;
    },
  };
}

/** Whether pg, as it is by default, makes a JavaScript array of an array of this type; others it leaves as text. */
function isParsedArray(oid: number): boolean {
  return Array.isArray(pg.types.getTypeParser(oid, 'text')('{}'));
}
