import { posix } from 'node:path';
import type { App } from './app.ts';

/** The application's first code, and the tests of it. */
export function codeFiles(app: App): Readonly<Record<string, string>> {
  const files = { 'src/notes.ts': NOTES, 'src/notes.test.ts': NOTES_TEST, 'test/database.ts': testDatabaseOf(app) };
  return app.coreDirectory === undefined ? files : { ...files, 'src/pools.ts': POOLS, 'src/pools.test.ts': POOLS_TEST };
}

const NOTES = `import type { DatabasePool } from '@atriz/database';
import { createKysely } from '@atriz/database/kysely';
import type { DB } from './schema.ts';

export interface Note {
  readonly id: string;
  readonly body: string;
  readonly createdAt: Date;
}

/** Keeps a note, and resolves to its id. Rejects (23514) when it is empty or too long. */
export async function addNote(
  db: Pick<DatabasePool, 'query'>,
  { userId, body }: { readonly userId: string; readonly body: string },
): Promise<string> {
  const { id } = await createKysely<DB>(db)
    .insertInto('notes')
    .values({ user_id: userId, body })
    .returning('id')
    .executeTakeFirstOrThrow();
  return id;
}

/** The notes of a user, newest first. */
export async function readNotes(db: Pick<DatabasePool, 'query'>, userId: string): Promise<Note[]> {
  return createKysely<DB>(db)
    .selectFrom('notes')
    .select(['id', 'body', 'created_at as createdAt'])
    .where('user_id', '=', userId)
    .orderBy('created_at', 'desc')
    .orderBy('id')
    .execute();
}
`;

const NOTES_TEST = `import { join } from 'node:path';
import { runSeeds, seedId } from '@atriz/database';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openTestDatabase, type TestDatabase } from '../test/database.ts';
import { addNote, readNotes } from './notes.ts';

const USER = '11111111-1111-4111-8111-111111111111';
let database: TestDatabase;

beforeAll(async () => {
  database = await openTestDatabase();
});
afterAll(() => database[Symbol.asyncDispose]());

test('a note is its user’s', async () => {
  const id = await addNote(database.db, { userId: USER, body: 'Water the plants' });

  await expect(readNotes(database.db, USER)).resolves.toMatchObject([{ id, body: 'Water the plants' }]);
  await expect(readNotes(database.db, seedId('user:nobody'))).resolves.toEqual([]);
});

test('an empty note is refused', async () => {
  const note = addNote(database.db, { userId: USER, body: ' ' });
  await expect(note).rejects.toMatchObject({ code: '23514', constraint: 'notes_body_check' });
});

test('the seeds change nothing when they run again', async () => {
  const directory = join(import.meta.dirname, '../seeds');
  await runSeeds(database.db.pool, { directory });
  await runSeeds(database.db.pool, { directory });

  await expect(readNotes(database.db, seedId('user:olivia@atriz.dev'))).resolves.toHaveLength(3);
});
`;

const POOLS = `import { join } from 'node:path';
import { openApplicationPools, type ApplicationPools, type SharedPoolOptions } from '@atriz/core';
import definition from '../database.config.ts';

/**
 * Makes the pools of this application's own database and of the shared one; see \`openApplicationPools\`.
 *
 * @example
 * await using pools = await openPools();
 * await pools.own.query('SELECT 1');
 */
export function openPools(options: SharedPoolOptions = {}): Promise<ApplicationPools> {
  return openApplicationPools(definition, { directory: join(import.meta.dirname, '..'), ...options });
}
`;

const POOLS_TEST = `import { expect, test } from 'vitest';
import { openSharedTestDatabase, openTestDatabase } from '../test/database.ts';
import { openPools } from './pools.ts';

test('the pools are on the application’s own database and on the shared one', async () => {
  await using own = await openTestDatabase();
  await using shared = await openSharedTestDatabase();
  const variables = { DATABASE_URL: own.connectionString, SHARED_DATABASE_URL: shared.connectionString };
  await using pools = await openPools({ max: 2, variables });

  await expect(pools.own.query('SELECT FROM notes')).resolves.toMatchObject({ rowCount: 0 });
  await expect(pools.shared.query('SELECT FROM users')).resolves.toMatchObject({ rowCount: 0 });
});
`;

function testDatabaseOf({ directory, database, coreDirectory }: App): string {
  const shared =
    coreDirectory === undefined
      ? ''
      : `
/** An atriz_shared without rows, for what asks both databases. */
export async function openSharedTestDatabase(): Promise<TestDatabase> {
  return open(sharedDatabase, new URL('${posix.relative(`${directory}/test`, coreDirectory)}', import.meta.url));
}
`;
  return `${coreDirectory === undefined ? '' : "import { sharedDatabase } from '@atriz/core';\n"}import { createDatabasePool, type DatabasePool } from '@atriz/database';
import { createTestDatabase } from '@atriz/testing';
import definition from '../database.config.ts';

/** A migrated database of the test file's own, and a pool on it; disposing of it closes the pool, then drops it. */
export interface TestDatabase extends AsyncDisposable {
  readonly db: DatabasePool;
  readonly connectionString: string;
}

/** A ${database} without rows. */
export async function openTestDatabase(): Promise<TestDatabase> {
  return open(definition, new URL('..', import.meta.url));
}
${shared}
async function open(owned: typeof definition, directory: URL): Promise<TestDatabase> {
  await using opened = new AsyncDisposableStack();
  const { connectionString } = opened.use(await createTestDatabase(owned, { directory }));
  const db = opened.use(createDatabasePool({ connectionString }));
  const all = opened.move();
  return { db, connectionString, [Symbol.asyncDispose]: () => all.disposeAsync() };
}
`;
}
