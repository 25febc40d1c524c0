import { createDatabasePool, defineDatabase, withSavepoint, withUser, type DatabasePool } from '@atriz/database';
import { parseConnectionString } from '@atriz/database/workspace';
import { createTestDatabase, type TestDatabase } from '@atriz/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PGBOUNCER, startPgBouncer } from './harness/pgbouncer.ts';
import { serverAt } from './harness/server.ts';

const PRIVATE_NOTES = `
CREATE FUNCTION current_user_id() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE
RETURN nullif(current_setting('atriz.user_id', true), '')::uuid;
CREATE TABLE notes (id int GENERATED ALWAYS AS IDENTITY, user_id uuid NOT NULL DEFAULT current_user_id(), n int CHECK (n >= 0));
ALTER TABLE notes ENABLE ROW LEVEL SECURITY;
ALTER TABLE notes FORCE ROW LEVEL SECURITY;
CREATE POLICY notes_of_user ON notes USING (user_id = (SELECT current_user_id()));`;

const REQUESTS = 600;
const CONNECTIONS = 3;
const USERS = Array.from({ length: 20 }, (_, index) => `00000000-0000-4000-8000-0000000000${String(index + 10)}`);

/** The sessions' own settings, asked of every connection of the pool at once. */
const LEFT = `SELECT coalesce(current_setting('atriz.user_id', true), '') AS id,
  coalesce(current_setting('atriz.user_roles', true), '') AS roles, (SELECT count(*)::int FROM notes) AS seen`;

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase(defineDatabase({ name: 'empty' }), { directory: import.meta.dirname });
  await using db = createDatabasePool({ connectionString: database.connectionString, max: 1 });
  await db.query(PRIVATE_NOTES);
  const { username } = new URL(database.appConnectionString);
  await db.query(`GRANT SELECT, INSERT, UPDATE, DELETE ON notes TO "${username}"`);
});
afterAll(() => database.drop());

/** One request of a user: what it sees must be its own, whatever becomes of it. Resolves to whose rows it saw. */
async function request(db: DatabasePool, index: number): Promise<readonly string[]> {
  const userId = USERS[index % USERS.length]!;
  const seen: string[] = [];
  const work = withUser(
    db.pool,
    userId,
    async (client) => {
      const look = async (): Promise<void> => {
        const { rows } = await client.query<{ user_id: string }>('SELECT DISTINCT user_id FROM notes');
        seen.push(...rows.map(({ user_id }) => user_id));
      };
      await client.query('INSERT INTO notes (n) VALUES ($1)', [index]);
      await withSavepoint(client, () => client.query('INSERT INTO notes (n) VALUES (-1)')).catch(() => undefined);
      await look();
      await client.query('SELECT pg_sleep($1)', [Math.random() / 500]);
      await ENDINGS[index % ENDINGS.length]!(client);
      await look();
    },
    { roles: ['member'], retries: 1 },
  );
  await Promise.allSettled([work]);
  return seen.map((each) => (each === userId ? 'own' : each));
}

type Client = Parameters<Parameters<typeof withUser>[2]>[0];

/** How requests end: well, by an error of their own, by the database's, and by one that is tried again. */
const ENDINGS: readonly ((client: Client) => Promise<unknown>)[] = [
  async () => undefined,
  async () => Promise.reject(new Error('changed my mind')),
  (client) => client.query('SELECT 1 / 0'),
  (client) => client.query(`DO $$ BEGIN RAISE EXCEPTION 'again' USING ERRCODE = '40001'; END $$`),
  (client) => client.query('SELECT 1 / 0').catch(() => undefined),
];

/** What nobody in particular sees on every connection of the pool, all of them held at once. */
async function readLeftovers(db: DatabasePool, connections: number): Promise<unknown[]> {
  const clients = await Promise.all(Array.from({ length: connections }, () => db.pool.connect()));
  try {
    const answers = await Promise.all(clients.map((client) => client.query<object>(LEFT)));
    return answers.flatMap(({ rows }) => rows);
  } finally {
    for (const client of clients) client.release();
  }
}

/** Whose rows all requests saw, how many saw none, and what was left on the connections. */
async function interleave(db: DatabasePool): Promise<object> {
  const seen = await Promise.all(Array.from({ length: REQUESTS }, (_, index) => request(db, index)));
  return {
    seen: [...new Set(seen.flat())],
    blind: seen.filter((each) => each.length === 0).length,
    left: await readLeftovers(db, CONNECTIONS),
  };
}

const NOBODY = { id: '', roles: '', seen: 0 };
const APART = { seen: ['own'], blind: 0, left: [NOBODY, NOBODY, NOBODY] };

test('hundreds of interleaved requests on three connections: no connection carries one user into another’s', async () => {
  await using db = createDatabasePool({ connectionString: database.appConnectionString, max: CONNECTIONS });
  await expect(interleave(db)).resolves.toEqual(APART);
});

describe.skipIf(PGBOUNCER === undefined)('behind PgBouncer, where it is installed (apt-get install pgbouncer),', () => {
  test.each([false, true])(
    'in transaction mode neither, more clients than connections, round-robin %s',
    async (roundRobin) => {
      const app = parseConnectionString(database.appConnectionString, 'the test', '');
      await using bouncer = await startPgBouncer(serverAt(app), { mode: 'transaction', poolSize: 2, roundRobin });
      await using db = createDatabasePool({ connectionString: bouncer.url(database.name), max: 12 });
      await expect(interleave(db)).resolves.toEqual(APART);
    },
  );
});
