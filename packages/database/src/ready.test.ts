import { createServer } from 'node:net';
import { once } from 'node:events';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openEmptyDatabase, type EmptyDatabase } from '../test/empty-database.ts';
import { temporaryDirectory, type TemporaryDirectory } from '../test/directory.ts';
import { defineDatabase } from './definition.ts';
import { createDatabasePool } from './pool.ts';
import { assertReady } from './ready.ts';

const definition = defineDatabase({ name: 'plants', migrationsTable: 'History' });
const names = ['1700000000001_trees', '1700000000002_herbs', '1700000000003_ferns', '1700000000004_mosses'];

let database: EmptyDatabase;
let own: TemporaryDirectory;

beforeAll(async () => {
  database = await openEmptyDatabase();
  const files = [...names.map((name) => `${name}.sql`), 'README.md', '.1700000000009_draft.sql'];
  own = await temporaryDirectory(Object.fromEntries(files.map((name) => [`migrations/${name}`, '-- Up Migration\n'])));
});
afterAll(async () => {
  await database.drop();
  await own[Symbol.asyncDispose]();
});

/** As the ledger's first version had it, without a column for the instance. */
beforeEach(async () => {
  await database.db.query(`
    DROP SCHEMA IF EXISTS atriz CASCADE;
    DROP TABLE IF EXISTS public."History";
    CREATE SCHEMA atriz;
    CREATE TABLE atriz.identity (family text, definition text, environment text, protected boolean);
    INSERT INTO atriz.identity VALUES ('garden', 'plants', 'test', false);
    CREATE TABLE public."History" (id serial, name varchar(255), run_on timestamp)`);
  await apply(names);
});

async function apply(applied: readonly string[]): Promise<void> {
  await database.db.query('INSERT INTO public."History" (name, run_on) SELECT unnest($1::text[]), now()', [applied]);
}

describe('assertReady', () => {
  it('resolves when all migrations of the code are applied', async () => {
    const { path: directory } = own;
    await expect(assertReady(database.db, definition, { directory, family: 'garden' })).resolves.toBeUndefined();
    await expect(assertReady(database.db.pool, definition, { newest: names.at(-1)! })).resolves.toBeUndefined();
  });

  it('is content with a database that is ahead of the code', async () => {
    await apply(['1800000000000_cacti']);
    await expect(assertReady(database.db, definition, { directory: own.path })).resolves.toBeUndefined();
  });

  it('names what a database behind the code lacks', async () => {
    await database.db.query('DELETE FROM public."History" WHERE name > $1', [names[1]]);
    await expect(assertReady(database.db, definition, { directory: own.path })).rejects.toMatchObject({
      code: 'NOT_MIGRATED',
      message: expect.stringMatching(
        /^"atriz_test_\w+" lacks 2 of the 4 migrations that this code was built with: 1700000000003_ferns, 1700000000004_mosses; its newest is 1700000000002_herbs$/,
      ),
      hint: 'migrate it first: pnpm db:migrate',
    });
    await expect(assertReady(database.db, definition, { newest: names[3]! })).rejects.toMatchObject({
      code: 'NOT_MIGRATED',
      message: expect.stringContaining('lacks the migration that this code was built with: 1700000000004_mosses;'),
    });
  });

  it('finds the one that is missing between others', async () => {
    await database.db.query('DELETE FROM public."History" WHERE name = $1', [names[1]]);
    await expect(assertReady(database.db, definition, { directory: own.path })).rejects.toMatchObject({
      message: expect.stringContaining(
        'lacks 1 of the 4 migrations that this code was built with: 1700000000002_herbs',
      ),
    });
  });

  it('knows what was squashed since the code was built', async () => {
    const text = `-- One file from many.\n-- atriz: squashes ${names[0]}\n-- atriz: squashes ${names[1]}\n\n-- Up Migration\n`;
    await database.db.query('DELETE FROM public."History" WHERE name <= $1', [names[1]]);
    await apply(['1700000000002_squashed']);
    await database.db.query('CREATE TABLE atriz.migrations (name text, text text)');
    await database.db.query('INSERT INTO atriz.migrations VALUES ($1, $2)', ['1700000000002_squashed', text]);
    await expect(assertReady(database.db, definition, { directory: own.path })).resolves.toBeUndefined();

    await database.db.query('DELETE FROM public."History" WHERE name = $1', [names[2]]);
    await expect(assertReady(database.db, definition, { directory: own.path })).rejects.toMatchObject({
      message: expect.stringContaining(
        'lacks 1 of the 4 migrations that this code was built with: 1700000000003_ferns',
      ),
    });
  });

  it('does not list hundreds of names for a history that is empty', async () => {
    await database.db.query('DELETE FROM public."History"');
    await expect(assertReady(database.db, definition, { directory: own.path })).rejects.toMatchObject({
      message: expect.stringMatching(/1700000000003_ferns, … \(4 in all\); it has none yet$/),
    });
  });

  it.each([
    ['a ledger', 'DROP SCHEMA atriz CASCADE'],
    ['an identity', 'DELETE FROM atriz.identity'],
    ['a history', 'DROP TABLE public."History"'],
  ])('says NOT_MIGRATED of a database without %s', async (_, statement) => {
    await database.db.query(statement);
    await expect(assertReady(database.db, definition, { directory: own.path })).rejects.toMatchObject({
      code: 'NOT_MIGRATED',
      message: expect.stringMatching(/^"atriz_test_\w+" was never migrated by Atriz$/),
    });
  });

  it('refuses another definition’s database, and another family’s, before it looks at migrations', async () => {
    const { path: directory } = own;
    const animals = defineDatabase({ name: 'animals', migrationsTable: 'nothing' });
    await database.db.query('CREATE TABLE public.nothing (id serial, name text, run_on timestamp)');
    await expect(assertReady(database.db, animals, { directory })).rejects.toMatchObject({
      code: 'IDENTITY_MISMATCH',
      message: expect.stringMatching(/ is plants of family garden, not animals of family garden$/),
    });
    await expect(assertReady(database.db, definition, { directory, family: 'zoo' })).rejects.toMatchObject({
      code: 'IDENTITY_MISMATCH',
      message: expect.stringMatching(/ is plants of family garden, not plants of family zoo$/),
    });
  });

  it('tells one tenant’s database from another’s', async () => {
    const { path: directory } = own;
    await expect(assertReady(database.db, definition, { directory, instance: 'acme' })).rejects.toMatchObject({
      code: 'IDENTITY_MISMATCH',
      message: expect.stringMatching(/ is plants of family garden, not instance acme of plants of family garden$/),
    });
    await database.db.query(
      `ALTER TABLE atriz.identity ADD COLUMN instance text; UPDATE atriz.identity SET instance = 'acme'`,
    );
    await assertReady(database.db, definition, { directory, instance: 'acme' });
    await assertReady(database.db, definition, { directory });
    await expect(assertReady(database.db, definition, { directory, instance: 'globex' })).rejects.toMatchObject({
      code: 'IDENTITY_MISMATCH',
      message: expect.stringMatching(/ is instance acme of plants of family garden, not instance globex of /),
    });
  });

  it('says where the server is that does not answer, without the password', async () => {
    const listener = createServer().listen(0, '127.0.0.1');
    await once(listener, 'listening');
    const { port } = listener.address() as { port: number };
    listener.close();
    await once(listener, 'close');
    await using db = createDatabasePool({ connectionString: `postgresql://ann:secret@127.0.0.1:${port}/garden` });
    await expect(assertReady(db, definition, { directory: own.path })).rejects.toMatchObject({
      code: 'SERVER_UNREACHABLE',
      message: expect.stringMatching(new RegExp(`^no PostgreSQL answers at 127\\.0\\.0\\.1:${port}: (?!.*secret)`)),
    });
  });

  it('says DATABASE_MISSING for a database that is not there', async () => {
    const connectionString = database.connectionString.replace(/\/atriz_test_\w+/, '/atriz_test_nowhere');
    await using db = createDatabasePool({ connectionString });
    await expect(assertReady(db, definition, { directory: own.path })).rejects.toMatchObject({
      code: 'DATABASE_MISSING',
    });
  });

  it('says what to grant to a role that may not read the ledger', async () => {
    const reader = `atriz_test_reader_${process.pid}`;
    await database.db.query(`CREATE ROLE ${reader}`);
    try {
      await using db = createDatabasePool({ connectionString: database.connectionString, max: 1 });
      await db.query(`SET ROLE ${reader}`);
      await expect(assertReady(db, definition, { directory: own.path })).rejects.toMatchObject({
        code: 'PERMISSION_DENIED',
        hint: expect.stringContaining('GRANT SELECT ON atriz.identity, public."History" TO '),
      });
    } finally {
      await database.db.query(`DROP ROLE ${reader}`);
    }
  });

  it('does not take code without its migrations for code that needs none', async () => {
    await expect(assertReady(database.db, definition, { directory: import.meta.dirname })).rejects.toMatchObject({
      code: 'ARGUMENT_INVALID',
      message: expect.stringContaining('src/migrations'),
    });
  });

  it('asks one thing, and leaves nothing in the session', async () => {
    await using db = createDatabasePool({ connectionString: database.connectionString, max: 1 });
    const asked: unknown[] = [];
    const pool = db.pool;
    const query = pool.query.bind(pool) as (...parameters: unknown[]) => unknown;
    const counting = {
      options: pool.options,
      query: (...parameters: unknown[]) => (asked.push(parameters), query(...parameters)),
    };
    await assertReady(counting as unknown as typeof pool, definition, { directory: own.path });
    expect(asked).toHaveLength(1);
    const { rows } = await db.query('SELECT count(*)::int AS prepared FROM pg_prepared_statements');
    expect(rows).toEqual([{ prepared: 0 }]);
  });
});
