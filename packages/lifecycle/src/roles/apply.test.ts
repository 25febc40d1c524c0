import { createDatabasePool, type DatabasePoolOptions } from '@atriz/database';
import { formatConnectionString, rolePassword } from '@atriz/database/workspace';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { migration, openPlantation, type Plantation, type PlantationOptions } from '../../test/plantation.ts';
import { migrateUp } from '../migrations/migrate.ts';
import { migrateRedo } from '../migrations/undo.ts';
import { applyRoles } from './apply.ts';
import { checkRoles } from './check.ts';
import { roleNames, type RoleKind } from './names.ts';

const SERVER_VERSION = await readServerVersion();

async function readServerVersion(): Promise<number> {
  await using plants = await openPlantation();
  const [version] = await plants.list(`SELECT current_setting('server_version_num')::int`);
  return version as number;
}

interface Garden extends Plantation {
  /** Runs one statement as a role, and returns its rows' first values. */
  as(role: RoleKind, text: string, database?: string): Promise<unknown[]>;
  apply(): Promise<readonly string[]>;
  check(): Promise<readonly string[]>;
}

const TABLES = `
CREATE TABLE trees (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text, secret text);
CREATE TABLE notes (id serial, owner text NOT NULL);
ALTER TABLE notes ENABLE ROW LEVEL SECURITY;
ALTER TABLE notes FORCE ROW LEVEL SECURITY;
CREATE POLICY mine ON notes USING (owner = current_setting('garden.user', true));
CREATE TABLE rings (year int NOT NULL, width int) PARTITION BY RANGE (year);
CREATE TABLE rings_2026 PARTITION OF rings FOR VALUES FROM (2026) TO (2027);
CREATE VIEW names AS SELECT name FROM trees;
CREATE TYPE kind AS ENUM ('oak', 'elm');
CREATE FUNCTION height() RETURNS int LANGUAGE sql AS 'SELECT 3';
REVOKE EXECUTE ON FUNCTION height() FROM PUBLIC;
CREATE SCHEMA nursery;
CREATE TABLE nursery.seedlings (id int);`;

const ACCESS = {
  trees: { read: ['id', 'name'] },
  'nursery.seedlings': { app: ['select', 'insert'], read: [] },
} as const;

/** A migrated database whose roles are applied unless it is said otherwise; leaving its scope drops the roles too. */
async function openGarden({
  applied = true,
  ...options
}: PlantationOptions & { readonly applied?: boolean } = {}): Promise<Garden> {
  const plants = await openPlantation({
    migrations: { '1700000000001_tables.sql': migration(TABLES) },
    migrated: true,
    definition: { access: ACCESS },
    ...options,
  });
  const { parameters } = plants.target;
  const names = roleNames(parameters.database);
  const passwordOf = (role: string): string => rolePassword(parameters.password, role);
  const apply = async (): Promise<readonly string[]> => (await applyRoles(plants.target, { passwordOf })).changes;
  if (applied) await apply();
  const roles = Object.values(names).map((name) => pg.escapeIdentifier(name));
  return {
    ...plants,
    apply,
    check: async () => (await checkRoles(plants.target)).findings,
    as: async (role, text, database = parameters.database) => {
      const user = names[role];
      const connectionString = formatConnectionString({ ...parameters, user, password: passwordOf(user), database });
      await using db = createDatabasePool({ connectionString, max: 1 });
      const { rows } = await db.query({ text, rowMode: 'array' } as pg.QueryConfig);
      return (rows as unknown as unknown[][]).map(([value]) => value);
    },
    async [Symbol.asyncDispose]() {
      await plants.query(`ALTER DATABASE ${pg.escapeIdentifier(parameters.database)} OWNER TO CURRENT_USER`);
      const there = await plants.list(
        `SELECT quote_ident(rolname) FROM pg_roles WHERE rolname = ANY ('{${roles.join(',')}}')`,
      );
      for (const role of there) await plants.query(`REASSIGN OWNED BY ${role} TO CURRENT_USER; DROP OWNED BY ${role}`);
      for (const role of there) await plants.query(`DROP ROLE ${role}`);
      await plants[Symbol.asyncDispose]();
    },
  };
}

const DENIED = { code: '42501' };

test('the first time says what it did, the second does nothing, and the check finds nothing', async () => {
  await using garden = await openGarden({ applied: false });
  const { owner, app } = roleNames(garden.target.parameters.database);
  await expect(garden.check()).resolves.toEqual(['the roles were never applied']);
  const changes = await garden.apply();
  expect(changes).toEqual(
    expect.arrayContaining([
      `role ${owner} is missing`,
      `table public.trees belongs to ${garden.target.parameters.user}`,
      `${app} may not SELECT, INSERT, UPDATE, DELETE on table public.trees`,
      `PUBLIC may CONNECT, TEMPORARY on database ${garden.target.parameters.database}`,
    ]),
  );
  await expect(garden.check()).resolves.toEqual([]);
  await expect(garden.apply()).resolves.toEqual([]);
});

test('the runtime role works on rows, sequences, functions and temporary tables', async () => {
  await using garden = await openGarden();
  const { as } = garden;
  await expect(as('app', `INSERT INTO trees (name) VALUES ('oak') RETURNING id`)).resolves.toEqual([1]);
  await expect(as('app', `INSERT INTO rings VALUES (2026, 4) RETURNING width`)).resolves.toEqual([4]);
  await expect(as('app', `UPDATE trees SET secret = 'x' RETURNING name`)).resolves.toEqual(['oak']);
  await expect(as('app', `SELECT nextval('notes_id_seq')::int`)).resolves.toEqual([1]);
  await expect(as('app', 'SELECT height()')).resolves.toEqual([3]);
  await expect(as('app', 'SELECT name FROM names')).resolves.toEqual(['oak']);
  await expect(as('app', 'CREATE TEMPORARY TABLE basket ()')).resolves.toEqual([]);
  await expect(as('app', 'DELETE FROM trees')).resolves.toEqual([]);
});

describe('with one garden for all', () => {
  let garden: Garden;
  beforeAll(async () => {
    garden = await openGarden();
  });
  afterAll(() => garden[Symbol.asyncDispose]());

  test.each([
    ['makes no table', 'CREATE TABLE weeds ()'],
    ['alters none', 'ALTER TABLE trees ADD weed int'],
    ['empties none', 'TRUNCATE trees'],
    ['makes no schema', 'CREATE SCHEMA weeds'],
    ['makes no function', `CREATE FUNCTION weed() RETURNS int LANGUAGE sql AS 'SELECT 1'`],
    ['switches no policy off', 'ALTER TABLE notes DISABLE ROW LEVEL SECURITY'],
    ['reaches no partition past its table', 'SELECT * FROM rings_2026'],
    ['does no more than access lets it', 'DELETE FROM nursery.seedlings'],
    ['reads no migration’s text', 'SELECT text FROM atriz.migrations'],
    ['reads not who ran what', 'SELECT * FROM atriz.runs'],
    ['writes no history', `INSERT INTO pgmigrations (name, run_on) VALUES ('x', now())`],
  ])('the runtime role %s', async (_, statement) => {
    await expect(garden.as('app', statement)).rejects.toMatchObject(DENIED);
  });
});

test('the runtime role becomes no other, and enters no other database', async () => {
  await using garden = await openGarden();
  await using other = await openGarden();
  const { owner } = roleNames(garden.target.parameters.database);
  await expect(garden.as('app', `SET ROLE ${owner}`)).rejects.toMatchObject(DENIED);
  const { database } = other.target.parameters;
  await expect(garden.as('app', 'SELECT 1', database)).rejects.toMatchObject({
    ...DENIED,
    message: `permission denied for database "${database}"`,
  });
});

test('the runtime role tells which database it is in and how far that is migrated', async () => {
  await using garden = await openGarden();
  await expect(garden.as('app', 'SELECT definition FROM atriz.identity')).resolves.toEqual(['plants']);
  await expect(garden.as('app', 'SELECT name FROM pgmigrations')).resolves.toEqual(['1700000000001_tables']);
  await expect(garden.as('read', 'SELECT checksum FROM atriz.migrations')).resolves.toHaveLength(1);
});

test('policies bind the runtime role and not the others', async () => {
  await using garden = await openGarden();
  await garden.query(`INSERT INTO notes (owner) VALUES ('anna'), ('bruno')`);
  await expect(garden.as('app', 'SELECT owner FROM notes')).resolves.toEqual([]);
  for (const role of ['owner', 'read', 'backup'] as const) {
    await expect(garden.as(role, 'SELECT owner FROM notes ORDER BY 1')).resolves.toEqual(['anna', 'bruno']);
  }
});

test('the read-only role reads what access leaves it, and writes nothing', async () => {
  await using garden = await openGarden();
  await garden.query(`INSERT INTO trees (name, secret) VALUES ('oak', 'hollow')`);
  await expect(garden.as('read', 'SELECT name FROM trees')).resolves.toEqual(['oak']);
  for (const statement of [
    'SELECT secret FROM trees',
    'SELECT * FROM trees',
    'SELECT * FROM nursery.seedlings',
    'SELECT * FROM rings_2026',
    'SELECT height()',
    `INSERT INTO trees (name) VALUES ('elm')`,
    'CREATE TEMPORARY TABLE basket ()',
  ]) {
    await expect(garden.as('read', statement)).rejects.toMatchObject(DENIED);
  }
});

test('the backup role reads everything, partitions, sequences and the ledger too, and writes nothing', async () => {
  await using garden = await openGarden();
  for (const relation of [
    'trees',
    'rings_2026',
    'nursery.seedlings',
    'notes_id_seq',
    'atriz.migrations',
    'atriz.roles',
  ]) {
    await expect(garden.as('backup', `SELECT count(*)::int FROM ${relation}`)).resolves.toHaveLength(1);
  }
  await expect(garden.as('backup', 'DELETE FROM trees')).rejects.toMatchObject(DENIED);
});

test('what a later migration makes belongs to the owner and is reachable at once, no more than access says', async () => {
  await using garden = await openGarden();
  const later = `CREATE TABLE herbs (id int GENERATED ALWAYS AS IDENTITY, name text, secret text);
    CREATE TABLE rings_2027 PARTITION OF rings FOR VALUES FROM (2027) TO (2028);`;
  await garden.write('migrations/1700000000002_herbs.sql', migration(later, 'DROP TABLE rings_2027, herbs;'));
  const { database } = garden.target;
  const target = { ...garden.target, database: { ...database, access: { ...ACCESS, herbs: { read: ['name'] } } } };
  await migrateUp(target);
  const { owner } = roleNames(garden.target.parameters.database);
  await expect(
    garden.list(`SELECT relowner::regrole::text FROM pg_class WHERE relname IN ('herbs', 'rings_2027')`),
  ).resolves.toEqual([owner, owner]);
  await expect(garden.as('app', `INSERT INTO herbs (name) VALUES ('sage') RETURNING name`)).resolves.toEqual(['sage']);
  await expect(garden.as('read', 'SELECT name FROM herbs')).resolves.toEqual(['sage']);
  await expect(garden.as('read', 'SELECT secret FROM herbs')).rejects.toMatchObject(DENIED);
  await expect(garden.as('app', 'SELECT * FROM rings_2027')).rejects.toMatchObject(DENIED);
  await expect(checkRoles(target)).resolves.toEqual({ findings: [] });
  await migrateRedo(target);
  await expect(garden.as('app', 'SELECT count(*)::int FROM herbs')).resolves.toEqual([0]);
  await expect(checkRoles(target)).resolves.toEqual({ findings: [] });
});

test('a run that fails at its second migration leaves the first one’s table reachable', async () => {
  await using garden = await openGarden();
  await garden.write('migrations/1700000000002_herbs.sql', migration('CREATE TABLE herbs ();'));
  await garden.write('migrations/1700000000003_fault.sql', migration('SELECT 1 / 0;'));
  await expect(migrateUp(garden.target)).rejects.toMatchObject({ code: 'MIGRATION_FAILED' });
  await expect(garden.as('app', 'SELECT count(*)::int FROM herbs')).resolves.toEqual([0]);
});

test('twenty at once: all succeed, and one of them does it', async () => {
  await using garden = await openGarden({ applied: false });
  const runs = await Promise.all(Array.from({ length: 20 }, () => garden.apply()));
  expect(runs.filter((changes) => changes.length > 0)).toHaveLength(1);
  await expect(garden.check()).resolves.toEqual([]);
});

test('several databases at once do not meet', async () => {
  const gardens = await Promise.all([1, 2, 3, 4].map(() => openGarden({ applied: false })));
  await Promise.all(gardens.flatMap((garden) => [garden.apply(), garden.apply()]));
  for (const garden of gardens) {
    await expect(garden.check()).resolves.toEqual([]);
    await garden[Symbol.asyncDispose]();
  }
});

test('access that names what is not there is refused, so that a misspelt table is not left open', async () => {
  await using garden = await openGarden({
    applied: false,
    definition: { access: { tress: { read: [] }, trees: { read: ['nmae'] } } },
  });
  await expect(garden.apply()).rejects.toMatchObject({
    code: 'DEFINITION_INVALID',
    message: expect.stringContaining('has not: table tress, column trees.nmae') as string,
  });
});

test('the roles of a newer Atriz are refused and left alone', async () => {
  await using garden = await openGarden();
  await garden.query('UPDATE atriz.roles SET version = 1000');
  await expect(garden.apply()).rejects.toMatchObject({
    code: 'ROLES_DRIFTED',
    message: expect.stringContaining('are of version 1000, made by a newer Atriz') as string,
  });
});

test('a database that was never migrated has nobody to give roles to: NOT_MIGRATED', async () => {
  await using garden = await openGarden({ applied: false, migrated: false, definition: {} });
  await expect(garden.apply()).rejects.toMatchObject({ code: 'NOT_MIGRATED' });
});

/** A login that is no superuser, owns a database that it has migrated, and has the attributes that are given. */
async function openGardenOf(attributes: string): Promise<Garden> {
  const garden = await openGarden({ applied: false, migrated: false });
  const { database } = garden.target.parameters;
  const user = `${database}_gardener`;
  await garden.query(`CREATE ROLE ${user} LOGIN PASSWORD 'spade' ${attributes}; ALTER DATABASE ${database} OWNER TO ${user};
    ALTER SCHEMA public OWNER TO pg_database_owner`);
  const target = { ...garden.target, parameters: { ...garden.target.parameters, user, password: 'spade' } };
  await migrateUp(target);
  const { password } = garden.target.parameters;
  const passwordOf = (role: string): string => rolePassword(password, role);
  return {
    ...garden,
    target,
    apply: async () => (await applyRoles(target, { passwordOf })).changes,
    check: async () => (await checkRoles(target)).findings,
    async [Symbol.asyncDispose]() {
      await garden.query(`ALTER DATABASE ${database} OWNER TO CURRENT_USER; REASSIGN OWNED BY ${user} TO CURRENT_USER`);
      await garden.query(`DROP OWNED BY ${user}`);
      await garden[Symbol.asyncDispose]();
      await using db = createDatabasePool({
        ...garden.target.parameters,
        database: 'postgres',
        max: 1,
      } as DatabasePoolOptions);
      await db.query(`DROP ROLE ${user}`);
    },
  };
}

test('a login that may make no roles is told which right it lacks, and nothing is changed', async () => {
  await using garden = await openGardenOf('CREATEDB');
  await expect(garden.apply()).rejects.toMatchObject({
    code: 'PERMISSION_DENIED',
    message: expect.stringMatching(
      /and nothing was changed: it lacks CREATEROLE and (?:BYPASSRLS|SUPERUSER)$/,
    ) as string,
  });
  await expect(garden.check()).resolves.toEqual(['the roles were never applied']);
});

describe.skipIf(SERVER_VERSION < 160_000)(
  'a login with CREATEROLE, CREATEDB and BYPASSRLS, on PostgreSQL 16 and newer,',
  () => {
    test('applies the roles, and migrates as the owner from then on', async () => {
      await using garden = await openGardenOf('CREATEROLE CREATEDB BYPASSRLS');
      const changes = await garden.apply();
      expect(changes.length).toBeGreaterThan(20);
      await expect(garden.check()).resolves.toEqual([]);
      await garden.write('migrations/1700000000002_herbs.sql', migration('CREATE TABLE herbs ();'));
      await migrateUp(garden.target);
      const { owner } = roleNames(garden.target.parameters.database);
      await expect(
        garden.list(`SELECT relowner::regrole::text FROM pg_class WHERE relname = 'herbs'`),
      ).resolves.toEqual([owner]);
      await expect(garden.as('app', 'SELECT count(*)::int FROM herbs')).resolves.toEqual([0]);
      await expect(garden.check()).resolves.toEqual([]);
    });

    test('lacks BYPASSRLS: that is what it is told', async () => {
      await using garden = await openGardenOf('CREATEROLE CREATEDB');
      await expect(garden.apply()).rejects.toMatchObject({
        code: 'PERMISSION_DENIED',
        message: expect.stringContaining('it lacks BYPASSRLS') as string,
        hint: `let an administrator run: ALTER ROLE "${garden.target.parameters.user}" BYPASSRLS`,
      });
      await expect(
        garden.list(
          `SELECT rolname FROM pg_roles WHERE rolname = '${roleNames(garden.target.parameters.database).app}'`,
        ),
      ).resolves.toEqual([]);
    });
  },
);
