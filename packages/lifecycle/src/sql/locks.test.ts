import { defineDatabase } from '@atriz/database';
import { createTestDatabase } from '@atriz/testing';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { LOCK_MODES } from './lock-mode.ts';
import { readStatements } from './statements.ts';

const SETTING = `
CREATE TABLE users (id int PRIMARY KEY, name text);
CREATE TABLE posts (id int, user_id int, n int DEFAULT 0, CONSTRAINT posts_n_check CHECK (n >= 0) NOT VALID);
CREATE TABLE notes (id int, user_id int CONSTRAINT notes_user_fk REFERENCES users (id));
CREATE INDEX notes_idx ON notes (id);
CREATE SEQUENCE tickets;
CREATE VIEW names AS SELECT name FROM users;
CREATE MATERIALIZED VIEW copies AS SELECT name FROM users;
CREATE TABLE events (at date) PARTITION BY RANGE (at);
CREATE TABLE events_1 PARTITION OF events FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
CREATE TABLE events_2 (at date);
CREATE TABLE parents (id int);
CREATE FUNCTION noop() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
CREATE TRIGGER users_noop AFTER INSERT ON users FOR EACH STATEMENT EXECUTE FUNCTION noop();
CREATE POLICY own ON users USING (true);
CREATE RULE quiet AS ON DELETE TO posts DO INSTEAD NOTHING;
CREATE TYPE mood AS ENUM ('ok');
CREATE SCHEMA other;
CREATE TABLE other."Odd name" (id int);
`;

const database = await createTestDatabase(defineDatabase({ name: 'locks' }), { directory: import.meta.dirname });
let client: pg.Client;
beforeAll(async () => {
  const { ssl, ...parameters } = database.parameters;
  client = new pg.Client({ ...parameters, ssl: (ssl ?? false) as boolean });
  await client.connect();
  await client.query(SETTING);
});
afterAll(async () => {
  await client.end();
  await database.drop();
});

/** The locks that a transaction holds on the tables of the setting, and the tag that the server answered with. */
async function run(statement: string): Promise<{ locks: Record<string, string>; tag: string }> {
  let tag = '';
  const listen = ({ text }: { text: string }): void => void (tag = text);
  const { connection } = client as unknown as { connection: NodeJS.EventEmitter };
  const { rows: before } = await client.query<{ oid: string; name: string }>(
    `SELECT oid::text, oid::regclass::text AS name FROM pg_class WHERE oid >= 16384 AND relkind IN ('r', 'p', 'v', 'm', 'i', 'S')
        AND relnamespace::regnamespace::text IN ('public', 'other') AND oid::regclass::text NOT LIKE '%pgmigrations%'`,
  );
  await client.query('BEGIN');
  try {
    connection.once('commandComplete', listen);
    await client.query(statement);
    const { rows } = await client.query<{ oid: string; mode: string }>(
      'SELECT relation::text AS oid, mode FROM pg_locks WHERE pid = pg_backend_pid() AND relation IS NOT NULL',
    );
    const names = new Map(before.map(({ oid, name }) => [oid, name]));
    const locks: Record<string, string> = {};
    for (const { oid, mode } of rows) {
      const name = names.get(oid);
      if (name === undefined) continue;
      const words = mode
        .replace(/Lock$/, '')
        .replaceAll(/(?<=[a-z])(?=[A-Z])/g, ' ')
        .toUpperCase();
      if (rank(words) > rank(locks[name])) locks[name] = words;
    }
    return { locks, tag: tag.replace(/ [\d ]+$/, '') };
  } finally {
    connection.off('commandComplete', listen);
    await client.query('ROLLBACK');
  }
}

function rank(mode: string | undefined): number {
  return LOCK_MODES.indexOf(mode as (typeof LOCK_MODES)[number]);
}

/** Where PostgreSQL's answer says less than what it calls the statement elsewhere. */
const ANSWERED_SELECT = new Set(['CREATE TABLE AS', 'CREATE MATERIALIZED VIEW', 'SELECT INTO']);

/** Every lock that is told is taken in that mode; of those taken, the ones from SHARE UPDATE EXCLUSIVE up are told, but for indexes. */
test.each([
  'SELECT * FROM users',
  'SELECT * FROM users u JOIN posts p ON p.user_id = u.id FOR UPDATE OF u',
  'SELECT * FROM users FOR SHARE',
  'WITH users AS (SELECT 1 AS id) SELECT * FROM users JOIN posts USING (id)',
  'WITH gone AS (DELETE FROM notes RETURNING id) INSERT INTO posts (id) SELECT id FROM gone',
  'INSERT INTO posts SELECT id FROM users',
  'UPDATE posts SET n = 1 FROM users WHERE users.id = user_id',
  'DELETE FROM notes WHERE id IN (SELECT id FROM posts)',
  'TRUNCATE notes, posts',
  'LOCK TABLE users IN SHARE ROW EXCLUSIVE MODE',
  'LOCK TABLE users, posts',
  'COPY users TO STDOUT',
  'CREATE TABLE fresh (id int PRIMARY KEY)',
  'CREATE TABLE fresh (id int PRIMARY KEY, user_id int REFERENCES users (id), parent int REFERENCES fresh (id))',
  'CREATE TABLE fresh (id int, CONSTRAINT f FOREIGN KEY (id) REFERENCES users (id))',
  'CREATE TABLE fresh (LIKE users INCLUDING ALL)',
  'CREATE TABLE fresh () INHERITS (parents)',
  `CREATE TABLE fresh PARTITION OF events FOR VALUES FROM ('2025-01-01') TO ('2026-01-01')`,
  'CREATE TABLE fresh AS SELECT * FROM users',
  'SELECT * INTO fresh FROM users',
  'CREATE VIEW fresh AS SELECT * FROM users',
  'CREATE OR REPLACE VIEW names AS SELECT name FROM users WHERE id > 1',
  'CREATE MATERIALIZED VIEW fresh AS SELECT * FROM users',
  'REFRESH MATERIALIZED VIEW copies',
  'CREATE INDEX fresh ON users (name)',
  'CREATE UNIQUE INDEX ON other."Odd name" (id)',
  'CREATE STATISTICS fresh ON id, name FROM users',
  'CREATE TRIGGER fresh AFTER INSERT ON users FOR EACH STATEMENT EXECUTE FUNCTION noop()',
  'CREATE POLICY fresh ON users USING (true)',
  'ALTER POLICY own ON users USING (false)',
  'CREATE RULE fresh AS ON UPDATE TO posts DO INSTEAD NOTHING',
  'CREATE FUNCTION fresh() RETURNS int LANGUAGE sql AS $$ SELECT 1 $$',
  'CREATE PROCEDURE fresh() LANGUAGE sql AS $$ SELECT 1 $$',
  `CREATE TYPE fresh AS ENUM ('a')`,
  'CREATE DOMAIN fresh AS int CHECK (VALUE > 0)',
  'CREATE SCHEMA fresh',
  'CREATE SEQUENCE fresh',
  'ALTER SEQUENCE tickets RESTART',
  `ALTER TYPE mood ADD VALUE 'great'`,
  'ALTER TABLE posts ADD COLUMN a int',
  'ALTER TABLE posts ADD COLUMN a int REFERENCES users (id)',
  'ALTER TABLE posts ADD CONSTRAINT f FOREIGN KEY (user_id) REFERENCES users (id) NOT VALID',
  'ALTER TABLE posts ADD CONSTRAINT c CHECK (id > 0) NOT VALID',
  'ALTER TABLE posts ADD CONSTRAINT u UNIQUE (id)',
  'ALTER TABLE posts VALIDATE CONSTRAINT posts_n_check',
  'ALTER TABLE posts ALTER COLUMN n SET NOT NULL',
  'ALTER TABLE posts ALTER COLUMN n SET DEFAULT 1',
  'ALTER TABLE posts ALTER COLUMN n TYPE bigint',
  'ALTER TABLE posts ALTER COLUMN n SET STATISTICS 200',
  'ALTER TABLE posts ALTER COLUMN n SET (n_distinct = 5)',
  'ALTER TABLE posts SET (fillfactor = 70)',
  'ALTER TABLE posts SET (fillfactor = 70), ADD COLUMN a int',
  'ALTER TABLE posts SET (user_catalog_table = true)',
  'ALTER TABLE posts RESET (fillfactor)',
  'ALTER INDEX notes_idx SET (fillfactor = 70)',
  'ALTER TABLE users DISABLE TRIGGER users_noop',
  'ALTER TABLE users ENABLE TRIGGER ALL',
  'ALTER TABLE users ENABLE ROW LEVEL SECURITY',
  'ALTER TABLE posts OWNER TO CURRENT_USER',
  'ALTER TABLE notes CLUSTER ON notes_idx',
  'ALTER TABLE posts INHERIT parents',
  `ALTER TABLE events ATTACH PARTITION events_2 FOR VALUES FROM ('2025-01-01') TO ('2026-01-01')`,
  'ALTER TABLE events DETACH PARTITION events_1',
  'ALTER TABLE posts RENAME TO articles',
  'ALTER TABLE posts RENAME COLUMN n TO m',
  'ALTER TABLE posts RENAME CONSTRAINT posts_n_check TO x',
  'ALTER INDEX notes_idx RENAME TO x',
  'ALTER TABLE posts SET SCHEMA other',
  'ALTER VIEW names RENAME TO x',
  'ALTER TRIGGER users_noop ON users RENAME TO x',
  'ALTER POLICY own ON users RENAME TO x',
  'DROP TABLE posts',
  'DROP TABLE other."Odd name"',
  'DROP VIEW names',
  'DROP MATERIALIZED VIEW copies',
  'DROP SEQUENCE tickets',
  'DROP TRIGGER users_noop ON users',
  'DROP POLICY own ON users',
  'DROP RULE quiet ON posts',
  'DROP TYPE mood',
  'DROP SCHEMA other CASCADE',
  'DROP INDEX notes_idx',
  'DROP TABLE notes',
  'ALTER TABLE notes DROP CONSTRAINT notes_user_fk',
  'ALTER TABLE notes DROP COLUMN user_id',
  'REINDEX TABLE notes',
  'REINDEX INDEX notes_idx',
  'CLUSTER notes USING notes_idx',
  'ANALYZE users',
  `COMMENT ON TABLE users IS 'x'`,
  `COMMENT ON COLUMN other."Odd name".id IS 'x'`,
  `COMMENT ON INDEX notes_idx IS 'x'`,
  `COMMENT ON CONSTRAINT posts_n_check ON posts IS 'x'`,
  `COMMENT ON TRIGGER users_noop ON users IS 'x'`,
  `COMMENT ON POLICY own ON users IS 'x'`,
  `COMMENT ON FUNCTION noop() IS 'x'`,
  'GRANT SELECT ON users TO PUBLIC',
  'REVOKE SELECT ON users FROM PUBLIC',
  'ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO PUBLIC',
  'CREATE PUBLICATION fresh FOR TABLE users',
  'EXPLAIN SELECT * FROM users',
  'SET search_path = public',
  'SHOW search_path',
  'DO $$ BEGIN NULL; END $$',
])('the locks of %j are those that PostgreSQL takes, and its kind the tag that it answers', async (sql) => {
  const [statement] = await readStatements(sql);
  const { locks: taken, tag } = await run(sql);
  expect(ANSWERED_SELECT.has(statement!.kind) ? 'SELECT' : statement!.kind).toBe(tag);
  const told = Object.fromEntries(statement!.locks.map(({ relation, mode }) => [relation, mode]));
  const certain = Object.entries(told).filter(([relation, mode]) => mode !== 'unknown' && !relation.includes(' of '));
  expect(Object.fromEntries(certain.map(([relation]) => [relation, taken[relation]]))).toEqual(
    Object.fromEntries(certain),
  );
  const isOpen = certain.length < statement!.locks.length;
  const untold = Object.entries(taken).filter(
    ([relation, mode]) => !isOpen && rank(mode) >= 4 && !(relation in told) && relation !== 'notes_idx',
  );
  expect(untold).toEqual([]);
});
