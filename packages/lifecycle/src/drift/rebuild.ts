import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { AtrizError } from '@atriz/database';
import { checksumOf } from '@atriz/database/workspace';
import type pg from 'pg';
import type { Context } from '../context.ts';
import { readTexts } from '../ledger/migration-rows.ts';
import { CREATE_DELETIONS, CREATE_LEDGER, CREATE_REFERENCE_CHECKS } from '../ledger/schema.ts';
import { readState, type AppliedMigration } from '../ledger/state.ts';
import { directoryOf, listMigrationFiles, readMigration, readText } from '../migrations/migration-file.ts';
import { CREATE_ROLES_TABLE } from '../roles/layer.ts';
import { withSession } from '../session.ts';
import { placeOf, type Target } from '../target.ts';
import { compareCatalogs } from './compare.ts';
import { toFinding, type Finding } from './finding.ts';
import { replay } from './replay.ts';
import { COPY } from './sentence.ts';
import { refuseServerWide } from './server-wide.ts';
import { readSnapshot } from './snapshot.ts';

/**
 * Makes the structure of a database anew in an empty one: by the migrations that its history has, in that order, with
 * the texts that its own ledger keeps, and the ledger's tables. Rows that the migrations make are in it too. A text that
 * the ledger has not kept is taken from the workspace's file, where that has the checksum of what was applied.
 *
 * What was made by hand is not in it: {@link compareSchemas} tells. Throws `MIGRATION_MISSING` (a text is nowhere),
 * `MIGRATION_FAILED`, `REPLAY_REFUSED` (one of them acts on the whole server), connection errors.
 */
export async function rebuildSchema(source: Target, into: Target, context: Context = {}): Promise<void> {
  const applied = await withSession(source.parameters, context, (client) => readAppliedTexts(client, source));
  // node-pg-migrate lists a directory; nobody else is to see, or to add to, this one.
  const directory = await mkdtemp(join(tmpdir(), 'atriz-migrations-'));
  try {
    const files = applied.map(({ name }) => ({ name, path: join(directory, `${name}.sql`) }));
    await Promise.all(applied.map(({ name, text }) => writeFile(join(directory, `${name}.sql`), text)));
    await refuseServerWide(await Promise.all(files.map(readMigration)), 'up');
    const there = { ...into, database: { ...into.database, directory, migrationsDirectory: '.' } };
    await replay(there, { direction: 'up', files }, context);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
  const statements = await withSession(source.parameters, context, readLedgerStatements);
  await withSession(into.parameters, context, (client) => client.query(statements));
}

/** What makes each of the ledger's tables; the first is there wherever a ledger is. */
const LEDGER_TABLES: Readonly<Record<string, string>> = {
  identity: CREATE_LEDGER,
  reference_checks: CREATE_REFERENCE_CHECKS,
  deletions: CREATE_DELETIONS,
  roles: CREATE_ROLES_TABLE,
};

/** Makes as much of a ledger as there is. */
async function readLedgerStatements(client: pg.ClientBase): Promise<string> {
  const { rows } = await client.query<{ name: string }>(
    `SELECT relname AS name FROM pg_class WHERE relnamespace = to_regnamespace('atriz') AND relkind = 'r'`,
  );
  const there = new Set(rows.map(({ name }) => name));
  const statements = Object.entries(LEDGER_TABLES).filter(([name]) => there.has(name));
  return statements.map(([, statement]) => statement).join(';\n');
}

/**
 * In what the structure of a copy differs from the database that it is of; empty when in nothing. Schema `atriz`, and
 * what each database's roles are granted, are left out. Throws `LOCK_TIMEOUT` and connection errors.
 */
export async function compareSchemas(source: Target, copy: Target, context: Context = {}): Promise<readonly Finding[]> {
  const [expected, actual] = await Promise.all([readSnapshot(source, context), readSnapshot(copy, context)]);
  return compareCatalogs(expected, actual).map((difference) => toFinding(difference, COPY));
}

async function readAppliedTexts(
  client: pg.ClientBase,
  source: Target,
): Promise<readonly { readonly name: string; readonly text: string }[]> {
  const { applied } = await readState(client, source.database.migrationsTable);
  if (applied.length === 0) return [];
  const { files } = await listMigrationFiles(directoryOf(source));
  const kept = await readKept(client, applied);
  return applied.map(({ name, checksum }) => {
    if (basename(name) !== name) throw notAName(name, source);
    const text = kept.get(name);
    if (text !== undefined) return { name, text };
    const file = files.find((each) => each.name === name);
    const now = file && readText(file).replace(/^\uFEFF/, '');
    if (now !== undefined && (checksum === undefined || checksumOf(now) === checksum)) return { name, text: now };
    throw new AtrizError(
      'MIGRATION_MISSING',
      `the ledger of ${placeOf(source)} has not kept the text of ${name}, and there is no file with it in ${directoryOf(source)}`,
      { hint: 'bring back the file as it was when it was applied' },
    );
  });
}

/** A history of node-pg-migrate's own has no ledger beside it. */
async function readKept(
  client: pg.ClientBase,
  applied: readonly AppliedMigration[],
): Promise<ReadonlyMap<string, string>> {
  const recorded = applied.filter(({ checksum }) => checksum !== undefined);
  return recorded.length === 0
    ? new Map()
    : readTexts(
        client,
        recorded.map(({ name }) => ({ name, path: name })),
      );
}

/** It becomes a file's name. */
function notAName(name: string, source: Target): AtrizError {
  return new AtrizError(
    'MIGRATION_INVALID',
    `"${name}" in the history of ${placeOf(source)} is no name of a migration`,
    {
      hint: 'look how it came there: no file can have that name',
    },
  );
}
