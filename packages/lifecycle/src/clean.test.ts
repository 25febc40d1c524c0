import { expect, test } from 'vitest';
import { migration, openPlantation, type Plantation } from '../test/plantation.ts';
import { cleanDatabase } from './clean.ts';
import { migrateUp } from './migrations/migrate.ts';
import { seedDatabase } from './seed.ts';

function openMigrated(sql: string): Promise<Plantation> {
  return openPlantation({ migrations: { '1700000000001_tables.sql': migration(sql) }, migrated: true });
}

test('every table is emptied: partitions, cycles, quoted names, several schemas, children of inheritance', async () => {
  await using plants = await openMigrated(`
    CREATE TABLE plain (id int);
    INSERT INTO plain VALUES (1), (2), (3);
    CREATE TABLE measured (at date NOT NULL) PARTITION BY RANGE (at);
    CREATE TABLE measured_2024 PARTITION OF measured FOR VALUES FROM ('2024-01-01') TO ('2025-01-01') PARTITION BY RANGE (at);
    CREATE TABLE measured_2024_01 PARTITION OF measured_2024 FOR VALUES FROM ('2024-01-01') TO ('2024-02-01');
    CREATE TABLE measured_rest PARTITION OF measured DEFAULT;
    INSERT INTO measured VALUES ('2024-01-05'), ('1999-01-01');
    CREATE TABLE eggs (id int PRIMARY KEY, hen int);
    CREATE TABLE hens (id int PRIMARY KEY, egg int REFERENCES eggs);
    ALTER TABLE eggs ADD FOREIGN KEY (hen) REFERENCES hens;
    INSERT INTO eggs VALUES (1, NULL); INSERT INTO hens VALUES (1, 1); UPDATE eggs SET hen = 1;
    CREATE TABLE "Mixed Case" (id int); INSERT INTO "Mixed Case" VALUES (1);
    CREATE SCHEMA "Other ""Schema"""; CREATE TABLE "Other ""Schema"""."a.b" (id int);
    INSERT INTO "Other ""Schema"""."a.b" VALUES (1), (2);
    CREATE TABLE parent (id int); CREATE TABLE child () INHERITS (parent);
    INSERT INTO parent VALUES (1); INSERT INTO child VALUES (2), (3);
    CREATE UNLOGGED TABLE fleeting (id int); INSERT INTO fleeting VALUES (1);`);
  const said: string[] = [];
  // plain 3, measured 2, eggs 1, hens 1, Mixed Case 1, a.b 2, parent 1, child 2, fleeting 1
  await expect(cleanDatabase(plants.target, { onProgress: (line) => void said.push(line) })).resolves.toEqual({
    tables: 9,
    rows: 14,
    exact: true,
  });
  expect(said).toEqual([`emptying 9 tables of "${plants.target.parameters.database}"`]);
  await expect(
    plants.list(`
      SELECT (SELECT count(*) FROM plain) + (SELECT count(*) FROM measured) + (SELECT count(*) FROM eggs)
           + (SELECT count(*) FROM hens) + (SELECT count(*) FROM "Mixed Case")
           + (SELECT count(*) FROM "Other ""Schema"""."a.b") + (SELECT count(*) FROM parent)
           + (SELECT count(*) FROM fleeting)`),
  ).resolves.toEqual(['0']);
  await expect(cleanDatabase(plants.target)).resolves.toEqual({ tables: 9, rows: 0, exact: true });
});

test('identities and serials begin again', async () => {
  await using plants = await openMigrated(`
    CREATE TABLE numbered (id int GENERATED ALWAYS AS IDENTITY, old serial, name text);
    INSERT INTO numbered (name) VALUES ('a'), ('b');`);
  await cleanDatabase(plants.target);
  await expect(plants.query(`INSERT INTO numbered (name) VALUES ('c') RETURNING id, old`)).resolves.toEqual([
    { id: 1, old: 1 },
  ]);
});

test('structure, migration history and ledger stay; the register of seeds does not', async () => {
  await using plants = await openMigrated('CREATE TABLE plain (id int);');
  await plants.write('seeds/001_plain.mjs', `export default (client) => client.query('INSERT INTO plain VALUES (1)');`);
  await seedDatabase(plants.target);
  await expect(cleanDatabase(plants.target)).resolves.toMatchObject({ tables: 1, rows: 1 });
  await expect(plants.list('SELECT name FROM pgmigrations')).resolves.toEqual(['1700000000001_tables']);
  await expect(plants.list('SELECT name FROM atriz.migrations')).resolves.toEqual(['1700000000001_tables']);
  await expect(plants.list('SELECT definition FROM atriz.identity')).resolves.toEqual(['plants']);
  await expect(plants.list('SELECT name FROM atriz.seeds')).resolves.toEqual([]);
  await expect(seedDatabase(plants.target, { pendingOnly: true })).resolves.toEqual({ seeded: ['001_plain'] });
});

test('a migrations table of another name stays too, and one that is merely called pgmigrations does not', async () => {
  await using plants = await openPlantation({
    definition: { migrationsTable: 'My History' },
    migrations: {
      '1700000000001_tables.sql': migration('CREATE TABLE pgmigrations (id int); INSERT INTO pgmigrations VALUES (1);'),
    },
  });
  await migrateUp(plants.target);
  await expect(cleanDatabase(plants.target)).resolves.toMatchObject({ tables: 1, rows: 1 });
  await expect(plants.list('SELECT name FROM "My History"')).resolves.toEqual(['1700000000001_tables']);
});

test('tables of an extension are left alone', async () => {
  await using plants = await openMigrated(`
    CREATE TABLE mine (id int); INSERT INTO mine VALUES (1);
    CREATE TABLE of_extension (id int); INSERT INTO of_extension VALUES (1);
    ALTER EXTENSION plpgsql ADD TABLE of_extension;`);
  await expect(cleanDatabase(plants.target)).resolves.toMatchObject({ tables: 1, rows: 1 });
  await expect(plants.list('SELECT id FROM of_extension')).resolves.toEqual([1]);
  await plants.query('ALTER EXTENSION plpgsql DROP TABLE of_extension');
});

test('a database without tables is clean', async () => {
  await using plants = await openPlantation();
  await migrateUp(plants.target);
  await expect(cleanDatabase(plants.target)).resolves.toEqual({ tables: 0, rows: 0, exact: true });
});

test('where counting would take long, the rows are an estimate and said to be one', async () => {
  await using plants = await openMigrated(`
    CREATE TABLE wide (text text); ALTER TABLE wide ALTER text SET STORAGE PLAIN;
    INSERT INTO wide SELECT repeat('x', 7000) FROM generate_series(1, 9000);`);
  await plants.query('ANALYZE wide');
  const { rows, ...rest } = await cleanDatabase(plants.target);
  expect(rest).toEqual({ tables: 1, exact: false });
  expect(Math.abs(rows - 9000)).toBeLessThan(900);
});

test('a table that is in use for ten seconds leaves every table as it is: LOCK_TIMEOUT', async () => {
  await using plants = await openMigrated(`
    CREATE TABLE first (id int); INSERT INTO first VALUES (1);
    CREATE TABLE second (id int); INSERT INTO second VALUES (1);`);
  await plants.query('BEGIN; LOCK TABLE second IN ACCESS SHARE MODE');
  await expect(cleanDatabase(plants.target)).rejects.toMatchObject({
    code: 'LOCK_TIMEOUT',
    message: 'a table is in use by another session, and was not free within 10 s; nothing was emptied',
    cause: { code: '55P03' },
  });
  await plants.query('COMMIT');
  await expect(plants.query('SELECT first.id AS one, second.id AS two FROM first, second')).resolves.toEqual([
    { one: 1, two: 1 },
  ]);
});

test('it is refused in production, and nothing is emptied', async () => {
  await using plants = await openMigrated('CREATE TABLE plain (id int); INSERT INTO plain VALUES (1);');
  const production = { ...plants.target, environment: 'production' };
  await plants.query(`UPDATE atriz.identity SET environment = 'production'`);
  await expect(cleanDatabase(production)).rejects.toMatchObject({
    code: 'DESTRUCTIVE_REFUSED',
    message: `refused to clean "${plants.target.parameters.database}": NODE_ENV is "production"`,
  });
  await expect(plants.list('SELECT id FROM plain')).resolves.toEqual([1]);
  await expect(cleanDatabase(production, { allowDestructive: 'plants' })).resolves.toMatchObject({ rows: 1 });
});
