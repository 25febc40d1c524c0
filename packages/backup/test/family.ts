import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defineDatabase } from '@atriz/database';
import {
  defaultSafety,
  readEnvironment,
  type ConnectionParameters,
  type FamilyDatabase,
  type Variables,
} from '@atriz/database/workspace';
import { createDatabase, migrateUp, type Context, type Target } from '@atriz/lifecycle';
import { findTestServer } from '@atriz/testing';
import pg from 'pg';
import type { BackupWorkspace } from '../src/workspace.ts';

/** People, and shops and trips that refer to them: three databases on one server, with rows of every kind that matters. */
export interface TestFamily extends AsyncDisposable {
  readonly workspace: BackupWorkspace;
  /** An empty directory of its own: the workspace's root. */
  readonly root: string;
  /** The definitions' names, which are the databases', in dependency order. */
  readonly names: { readonly people: string; readonly shops: string; readonly trips: string };
  target(name: string): Target;
  query<Row extends pg.QueryResultRow>(name: string, text: string, values?: unknown[]): Promise<Row[]>;
}

export interface TestFamilyOptions {
  /** Default: the server of the test run, the embedded one. */
  readonly server?: ConnectionParameters | undefined;
  /** What the workspace's variables are. Default none. */
  readonly variables?: Variables;
  /** How many people; shops have three sales each, trips two positions each. Default 100. */
  readonly people?: number;
  readonly context?: Context;
  readonly environment?: string;
}

const PEOPLE = `
CREATE TYPE mood AS ENUM ('glad', 'so-so');
CREATE TABLE people (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  name text NOT NULL,
  mood mood NOT NULL DEFAULT 'glad',
  notes jsonb,
  balance numeric(12, 2) NOT NULL DEFAULT 0,
  photo bytea,
  joined_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX people_name ON people (name);`;

const SHOPS = `
CREATE TABLE shops (id serial PRIMARY KEY, owner_id uuid NOT NULL, title text NOT NULL);
CREATE TABLE sales (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  shop_id integer NOT NULL REFERENCES shops,
  cents bigint NOT NULL CHECK (cents > 0)
);
CREATE VIEW takings AS SELECT shop_id, sum(cents) AS cents FROM sales GROUP BY shop_id;`;

const TRIPS = `
CREATE TABLE trips (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), person_id uuid NOT NULL);
CREATE TABLE positions (
  trip_id uuid NOT NULL REFERENCES trips,
  at timestamptz NOT NULL,
  latitude double precision NOT NULL,
  longitude double precision NOT NULL
) PARTITION BY RANGE (at);
CREATE TABLE positions_2025 PARTITION OF positions FOR VALUES FROM ('2025-01-01Z') TO ('2026-01-01Z');
CREATE TABLE positions_2026 PARTITION OF positions FOR VALUES FROM ('2026-01-01Z') TO ('2027-01-01Z');`;

/** Makes, migrates and fills the databases; leaving its scope drops them, and whatever was restored beside them. */
export async function openTestFamily(options: TestFamilyOptions = {}): Promise<TestFamily> {
  const { people = 100, variables = {}, context = {}, environment = 'development' } = options;
  await using opened = new AsyncDisposableStack();
  const root = await mkdtemp(join(tmpdir(), 'atriz-backup-test-'));
  opened.defer(() => rm(root, { recursive: true, force: true }));
  const server =
    options.server ?? (await findTestServer(defineDatabase({ name: 'postgres' }), import.meta.dirname, process.env));
  const prefix = `atriz_test_${randomBytes(4).toString('hex')}`;
  const names = { people: `${prefix}_people`, shops: `${prefix}_shops`, trips: `${prefix}_trips` };
  const refer = (table: string, column: string) => ({
    table,
    column,
    target: `${names.people}.people.id`,
    onDelete: 'cascade' as const,
  });
  const declare = async (
    name: string,
    sql: string,
    definition: object,
    dependsOn: string[],
  ): Promise<FamilyDatabase> => {
    const directory = join(root, name);
    await mkdir(join(directory, 'migrations'), { recursive: true });
    const text = `-- Up Migration\n${sql}\n-- Down Migration: none\n`;
    await writeFile(join(directory, 'migrations', '1700000000001_tables.sql'), text);
    return { ...defineDatabase({ name, ...definition }), owner: `@test/${name}`, directory, dependsOn };
  };
  const databases = [
    await declare(names.people, PEOPLE, {}, []),
    await declare(names.shops, SHOPS, { references: [refer('shops', 'owner_id')] }, [names.people]),
    await declare(names.trips, TRIPS, { references: [refer('trips', 'person_id')] }, [names.people]),
  ];
  const target = (name: string): Target => ({
    database: databases.find((each) => each.name === name)!,
    family: prefix,
    provider: options.server ? 'postgresql' : 'embedded',
    environment,
    safety: defaultSafety('development'),
    parameters: { ...server, database: name },
    settings: [],
  });
  const query = async <Row extends pg.QueryResultRow>(
    name: string,
    text: string,
    values?: unknown[],
  ): Promise<Row[]> => {
    const client = new pg.Client({ ...server, database: name } as pg.ClientConfig);
    await client.connect();
    try {
      return (await client.query<Row>(text, values)).rows;
    } finally {
      await client.end();
    }
  };
  opened.defer(async () => {
    const left = await query<{ statement: string }>(
      'postgres',
      `SELECT format('DROP DATABASE %I WITH (FORCE)', datname) AS statement FROM pg_database WHERE starts_with(datname, $1)`,
      [prefix],
    );
    for (const { statement } of left) await query('postgres', statement);
  });
  for (const { name } of databases) {
    await createDatabase(target(name));
    await migrateUp(target(name));
  }
  const ids = await query<{ id: string }>(
    names.people,
    `INSERT INTO people (name, mood, notes, balance, photo)
     SELECT 'Person ' || n, (CASE n % 2 WHEN 0 THEN 'glad' ELSE 'so-so' END)::mood,
            jsonb_build_object('n', n, 'text', E'a\\tb\\nc'), n * 1.25, decode(md5(n::text), 'hex')
       FROM generate_series(1, $1) AS n RETURNING id`,
    [people],
  );
  const list = ids.map(({ id }) => id);
  await query(
    names.shops,
    `WITH made AS (INSERT INTO shops (owner_id, title) SELECT id, 'Shop of ' || id FROM unnest($1::uuid[]) AS id RETURNING id)
     INSERT INTO sales (shop_id, cents) SELECT id, 100 + n FROM made, generate_series(1, 3) AS n`,
    [list],
  );
  await query(
    names.trips,
    `WITH made AS (INSERT INTO trips (person_id) SELECT id FROM unnest($1::uuid[]) AS id RETURNING id)
     INSERT INTO positions SELECT id, at, random() * 90, random() * 180 FROM made, unnest('{2025-06-01Z,2026-06-01Z}'::timestamptz[]) AS at`,
    [list],
  );
  const workspace: BackupWorkspace = {
    family: { name: prefix, root, databases },
    environment: await readEnvironment(root, root, variables),
    open: async (name) => target(name),
    contextFor: () => context,
  };
  const all = opened.move();
  return { workspace, root, names, target, query, [Symbol.asyncDispose]: () => all.disposeAsync() };
}
