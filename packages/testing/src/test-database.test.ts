import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { defineDatabase, type Definition } from '@atriz/database';
import { roleNames } from '@atriz/lifecycle/roles';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { templateName } from './template.ts';
import { createTestDatabase, type TestDatabase } from './test-database.ts';

const opened = new AsyncDisposableStack();
let server: TestDatabase;
let admin: pg.Client;
/** Names the server as an application's environment would. */
let variables: Readonly<Record<string, string>>;
beforeAll(async () => {
  server = opened.use(await createTestDatabase(defineDatabase({ name: 'empty' }), { directory: import.meta.dirname }));
  admin = await connect(server);
  opened.defer(() => admin.end());
  variables = { DATABASE_URL: server.connectionString };
});
afterAll(() => opened.disposeAsync());

async function connect({ connectionString }: Pick<TestDatabase, 'connectionString'>): Promise<pg.Client> {
  const client = new pg.Client({ connectionString });
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

async function query(database: Pick<TestDatabase, 'connectionString'>, text: string): Promise<unknown[]> {
  const client = await connect(database);
  try {
    const { rows } = await client.query({ text, rowMode: 'array' });
    return rows.map((row: unknown[]) => row[0]);
  } finally {
    await client.end();
  }
}

async function exists(name: string): Promise<boolean> {
  const { rowCount } = await admin.query('SELECT FROM pg_database WHERE datname = $1', [name]);
  return rowCount === 1;
}

interface Package extends AsyncDisposable {
  readonly definition: Definition;
  readonly directory: string;
  /** Replaces the one migration. */
  migrate(sql: string): Promise<void>;
  /** The name of the template that the present migration gives. */
  template(): Promise<string>;
}

/** A package whose template no other run has made; in the end its templates are dropped. */
async function openPackage(sql: string, definition: Definition = defineDatabase({ name: 'plants' })): Promise<Package> {
  const directory = await mkdtemp(join(tmpdir(), 'atriz-testing-test-'));
  const mark = randomBytes(8).toString('hex');
  const templates = new Set<string>();
  const template = async (): Promise<string> => {
    const name = await templateName({ ...definition, directory, owner: 'test', dependsOn: [] }, 'garden');
    templates.add(name);
    return name;
  };
  const migrate = async (text: string): Promise<void> => {
    await writeFile(join(directory, 'migrations/1700000000001_plants.sql'), `-- ${mark}\n-- Up Migration\n${text}\n`);
    await template();
  };
  await writeFile(join(directory, 'pnpm-workspace.yaml'), '');
  await writeFile(join(directory, 'package.json'), JSON.stringify({ name: 'garden' }));
  await mkdir(join(directory, 'migrations'));
  await migrate(sql);
  return {
    definition,
    directory,
    migrate,
    template,
    async [Symbol.asyncDispose]() {
      for (const name of templates) {
        await admin.query(`DROP DATABASE IF EXISTS ${pg.escapeIdentifier(name)}`);
        for (const role of Object.values(roleNames(name))) {
          await admin.query(`DROP ROLE IF EXISTS ${pg.escapeIdentifier(role)}`);
        }
      }
      await rm(directory, { recursive: true });
    },
  };
}

test('a test database has all migrations applied, and its name tells what it is', async () => {
  await using plants = await openPackage(`CREATE TABLE plants (name text); INSERT INTO plants VALUES ('oak');`);
  await using database = await createTestDatabase(plants.definition, { directory: plants.directory, variables });
  expect(database.name).toMatch(new RegExp(`^atriz_test_plants_${process.pid}_[0-9a-f]{8}$`));
  expect(database.parameters).toEqual({ ...server.parameters, database: database.name });
  await expect(query(database, 'SELECT name FROM plants')).resolves.toEqual(['oak']);
  await expect(query(database, 'SELECT name FROM pgmigrations')).resolves.toEqual(['1700000000001_plants']);
  await expect(query(database, 'SELECT current_database()')).resolves.toEqual([database.name]);
});

test('the directory may be a file URL', async () => {
  await using plants = await openPackage('CREATE TABLE plants (name text);');
  const directory = pathToFileURL(`${plants.directory}/`);
  await using database = await createTestDatabase(plants.definition, { directory, variables });
  await expect(query(database, 'SELECT count(*)::int FROM plants')).resolves.toEqual([0]);
});

test('several that ask at once get copies of one template, which was migrated once', async () => {
  await using plants = await openPackage('CREATE TABLE made AS SELECT clock_timestamp() AS at FROM pg_sleep(0.2);');
  const databases = await Promise.all(
    Array.from({ length: 5 }, () => createTestDatabase(plants.definition, { directory: plants.directory, variables })),
  );
  const times = await Promise.all(databases.map((each) => query(each, 'SELECT at::text FROM made')));
  expect(new Set(times.flat()).size).toBe(1);
  expect(new Set(databases.map(({ name }) => name)).size).toBe(5);
  await expect(exists(await plants.template())).resolves.toBe(true);
  await expect(exists(`${await plants.template()}_unfinished`)).resolves.toBe(false);
  await Promise.all(databases.map((each) => each.drop()));
});

test('a changed migration, another file name and another migrations table give other templates', async () => {
  await using plants = await openPackage('CREATE TABLE plants (name text);');
  await (await createTestDatabase(plants.definition, { directory: plants.directory, variables })).drop();
  const first = await plants.template();
  await plants.migrate('CREATE TABLE plants (name text, height int);');
  expect(await plants.template()).not.toBe(first);
  await using database = await createTestDatabase(plants.definition, { directory: plants.directory, variables });
  await expect(query(database, 'SELECT count(height)::int FROM plants')).resolves.toEqual([0]);
  const owned = { ...plants.definition, directory: plants.directory, owner: 'test', dependsOn: [] };
  const names = new Set([
    await templateName(owned, 'garden'),
    await templateName({ ...owned, migrationsTable: 'history' }, 'garden'),
    await templateName({ ...owned, name: 'animals' }, 'garden'),
  ]);
  expect(names.size).toBe(3);
});

test('copies are independent of each other and of the template', async () => {
  await using plants = await openPackage('CREATE TABLE plants (name text);');
  const options = { directory: plants.directory, variables };
  await using one = await createTestDatabase(plants.definition, options);
  await using two = await createTestDatabase(plants.definition, options);
  await query(one, `INSERT INTO plants VALUES ('oak')`);
  await query(one, 'ALTER TABLE plants ADD height int');
  await expect(query(two, 'SELECT to_jsonb(plants) FROM plants')).resolves.toEqual([]);
  await using three = await createTestDatabase(plants.definition, options);
  await expect(query(three, 'SELECT count(*)::int FROM plants')).resolves.toEqual([0]);
});

test('a migration that fails rejects and leaves no template; mended, it works', async () => {
  await using plants = await openPackage('CREATE TABEL plants ();');
  const options = { directory: plants.directory, variables };
  await expect(createTestDatabase(plants.definition, options)).rejects.toMatchObject({ code: 'MIGRATION_FAILED' });
  await expect(exists(await plants.template())).resolves.toBe(false);
  await expect(exists(`${await plants.template()}_unfinished`)).resolves.toBe(false);
  await plants.migrate('CREATE TABLE plants ();');
  await using database = await createTestDatabase(plants.definition, options);
  await expect(query(database, `SELECT to_regclass('plants') IS NOT NULL`)).resolves.toEqual([true]);
});

test('what a maker that died left is not taken for a template', async () => {
  await using plants = await openPackage('CREATE TABLE plants ();');
  await admin.query(`CREATE DATABASE ${pg.escapeIdentifier(`${await plants.template()}_unfinished`)}`);
  await using database = await createTestDatabase(plants.definition, { directory: plants.directory, variables });
  await expect(query(database, `SELECT to_regclass('plants') IS NOT NULL`)).resolves.toEqual([true]);
  await expect(exists(`${await plants.template()}_unfinished`)).resolves.toBe(false);
});

test('drop removes the database, also when it is called again', async () => {
  await using plants = await openPackage('CREATE TABLE plants ();');
  const database = await createTestDatabase(plants.definition, { directory: plants.directory, variables });
  await expect(exists(database.name)).resolves.toBe(true);
  await database.drop();
  await expect(exists(database.name)).resolves.toBe(false);
  await expect(database.drop()).resolves.toBeUndefined();
});

test('drop reports a session that was left, with what it did last, and removes the database all the same', async () => {
  await using plants = await openPackage('CREATE TABLE plants ();');
  const database = await createTestDatabase(plants.definition, { directory: plants.directory, variables });
  const leak = await connect({ ...database, connectionString: `${withoutQuery(database)}?application_name=leaky` });
  const { rows } = await leak.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
  await expect(database.drop()).rejects.toMatchObject({
    code: 'DATABASE_IN_USE',
    message:
      `sessions were left in "${database.name}": ` +
      `process ${rows[0]!.pid} (leaky, idle: SELECT pg_backend_pid() AS pid)`,
    hint: 'close every pool and client that the test opened',
  });
  await expect(exists(database.name)).resolves.toBe(false);
  await leak.end();
});

test('a session that is just closing is no leak', async () => {
  await using plants = await openPackage('CREATE TABLE plants ();');
  const database = await createTestDatabase(plants.definition, { directory: plants.directory, variables });
  const client = await connect(database);
  const ending = client.query('SELECT pg_sleep(0.3)').finally(() => client.end());
  await expect(database.drop()).resolves.toBeUndefined();
  await ending;
});

test('a name that is long or needs quoting is made short and plain', async () => {
  const name = `My "Own" Database ${'x'.repeat(45)}`;
  await using plants = await openPackage('CREATE TABLE plants ();', defineDatabase({ name }));
  await using database = await createTestDatabase(plants.definition, { directory: plants.directory, variables });
  expect(database.name).toMatch(/^atriz_test_My__Own__Database_xx_\d+_[0-9a-f]{8}$/);
  expect(await plants.template()).toMatch(/^atriz_test_My__Own__Database_xx_[0-9a-f]{12}$/);
});

test.each([
  ['a URL', (url: string) => ({ DATABASE_URL: url })],
  ['the container of the run', (url: string) => ({ ATRIZ_TEST_SERVER: url })],
  ['nothing else', () => ({})],
])('production is refused with %s', async (_, configure) => {
  await using plants = await openPackage('CREATE TABLE plants ();');
  const production = { NODE_ENV: 'production', ...configure(server.connectionString) };
  await expect(
    createTestDatabase(plants.definition, { directory: plants.directory, variables: production }),
  ).rejects.toMatchObject({
    code: 'DESTRUCTIVE_REFUSED',
    message: 'refused to make test databases: NODE_ENV is "production"',
    hint: 'run the tests with NODE_ENV=test',
  });
  await expect(exists(await plants.template())).resolves.toBe(false);
});

test('the server that the global setup left beats the definition’s own variables', async () => {
  await using plants = await openPackage('CREATE TABLE plants ();');
  const both = { ATRIZ_TEST_SERVER: server.connectionString, DATABASE_URL: 'postgresql://nobody@127.0.0.1:1/nowhere' };
  await using database = await createTestDatabase(plants.definition, {
    directory: plants.directory,
    variables: both,
  });
  expect(database.parameters.port).toBe(server.parameters.port);
});

function withoutQuery({ connectionString }: TestDatabase): string {
  return connectionString.replace(/\?.*$/, '');
}

test('the runtime role works on rows, and neither on tables nor past their policies', async () => {
  await using plants = await openPackage(`CREATE TABLE plants (name text);
    CREATE TABLE notes (author text);
    ALTER TABLE notes ENABLE ROW LEVEL SECURITY;
    ALTER TABLE notes FORCE ROW LEVEL SECURITY;
    CREATE POLICY mine ON notes USING (author = current_setting('garden.author', true));
    INSERT INTO notes VALUES ('anna'), ('bruno');`);
  await using database = await createTestDatabase(plants.definition, { directory: plants.directory, variables });
  const app = { connectionString: database.appConnectionString };
  await expect(query(app, `INSERT INTO plants VALUES ('oak') RETURNING name`)).resolves.toEqual(['oak']);
  await expect(query(app, 'SELECT author FROM notes')).resolves.toEqual([]);
  await expect(query(app, 'CREATE TABLE weeds ()')).rejects.toMatchObject({ code: '42501' });
  await expect(query(app, 'TRUNCATE plants')).rejects.toMatchObject({ code: '42501' });
});

test('the read-only role sees what access leaves it', async () => {
  const definition = defineDatabase({ name: 'plants', access: { plants: { read: ['name'] } } });
  await using plants = await openPackage('CREATE TABLE plants (name text, secret text);', definition);
  await using database = await createTestDatabase(definition, { directory: plants.directory, variables });
  const reader = { connectionString: database.readConnectionString };
  await expect(query(reader, 'SELECT name FROM plants')).resolves.toEqual([]);
  await expect(query(reader, 'SELECT secret FROM plants')).rejects.toMatchObject({ code: '42501' });
  await expect(query(reader, `INSERT INTO plants VALUES ('oak')`)).rejects.toMatchObject({ code: '42501' });
});
