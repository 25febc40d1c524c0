import { AtrizError } from '@atriz/database';
import { expect, test } from 'vitest';
import { migration, openPlantation, type Plantation } from '../../test/plantation.ts';
import { VERSION } from '../version.ts';
import { migrateUp } from './migrate.ts';
import { migrateDown, migrateRedo } from './undo.ts';

const TREES = '1700000000001_trees';
const HERBS = '1700000000002_herbs';
const MOSS = '1700000000003_moss';
const THREE = {
  [`${TREES}.sql`]: migration('CREATE TABLE trees ();', 'DROP TABLE trees;'),
  [`${HERBS}.sql`]: migration('CREATE TABLE herbs ();', 'DROP TABLE herbs;'),
  [`${MOSS}.sql`]: migration('CREATE TABLE moss ();', 'DROP TABLE moss;'),
};

/** What history, ledger and schema say, which must agree. */
async function state({ list }: Plantation) {
  return {
    history: await list('SELECT name FROM pgmigrations ORDER BY id'),
    ledger: await list('SELECT name FROM atriz.migrations ORDER BY name'),
    tables: await list(
      `SELECT relname::text FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
          AND relname <> 'pgmigrations' ORDER BY oid`,
    ),
  };
}

test('up applies what is pending, oldest first, with a row in history and ledger for each', async () => {
  await using plants = await openPlantation({ migrations: THREE });
  const said: string[] = [];
  await expect(migrateUp(plants.target, {}, { onProgress: (line) => void said.push(line) })).resolves.toEqual({
    applied: [TREES, HERBS, MOSS],
    undone: [],
  });
  await expect(state(plants)).resolves.toEqual({
    history: [TREES, HERBS, MOSS],
    ledger: [TREES, HERBS, MOSS],
    tables: ['trees', 'herbs', 'moss'],
  });
  expect(said).toEqual([`applying ${TREES} (1 of 3)`, `applying ${HERBS} (2 of 3)`, `applying ${MOSS} (3 of 3)`]);
  await expect(migrateUp(plants.target)).resolves.toEqual({ applied: [], undone: [] });
});

test('the ledger has each file’s checksum, Atriz’s version and the time that it took', async () => {
  await using plants = await openPlantation({
    migrations: { [`${TREES}.sql`]: '-- Up Migration\nSELECT pg_sleep(0.05);' },
  });
  await migrateUp(plants.target);
  const [row] = await plants.query('SELECT checksum, atriz_version, duration_ms FROM atriz.migrations');
  expect(row).toMatchObject({
    checksum: '2e025ef7464ca9198108039b9e1749674571787df41b7b80d964b2654c3bacfb',
    atriz_version: VERSION,
  });
  expect(row!['duration_ms']).toBeGreaterThanOrEqual(50);
  expect(row!['duration_ms']).toBeLessThan(5000);
});

test('a database that has nothing to apply is marked as ours all the same', async () => {
  await using plants = await openPlantation();
  await expect(migrateUp(plants.target)).resolves.toEqual({ applied: [], undone: [] });
  await expect(plants.query('SELECT family, definition FROM atriz.identity')).resolves.toEqual([
    { family: 'plantation', definition: 'plants' },
  ]);
});

test('count is how many at most: the next ones up, the newest ones down', async () => {
  await using plants = await openPlantation({ migrations: THREE });
  await expect(migrateUp(plants.target, { count: 2 })).resolves.toEqual({ applied: [TREES, HERBS], undone: [] });
  await expect(migrateUp(plants.target, { count: 9 })).resolves.toEqual({ applied: [MOSS], undone: [] });
  await expect(migrateDown(plants.target)).resolves.toEqual({ applied: [], undone: [MOSS] });
  await expect(migrateDown(plants.target, { count: 9 })).resolves.toEqual({ applied: [], undone: [HERBS, TREES] });
  await expect(migrateDown(plants.target)).resolves.toEqual({ applied: [], undone: [] });
  await expect(state(plants)).resolves.toEqual({ history: [], ledger: [], tables: [] });
});

test.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY])(
  'a count of %d is refused by all three',
  async (count) => {
    await using plants = await openPlantation({ migrations: THREE });
    const expected = { code: 'ARGUMENT_INVALID', message: `count is ${count}, not a whole number of at least 1` };
    await expect(migrateUp(plants.target, { count })).rejects.toMatchObject(expected);
    await expect(migrateDown(plants.target, { count })).rejects.toMatchObject(expected);
    await expect(migrateRedo(plants.target, { count })).rejects.toMatchObject(expected);
    await expect(plants.list(`SELECT to_regclass('atriz.identity')`)).resolves.toEqual([null]);
  },
);

test('redo undoes the newest and applies it again', async () => {
  await using plants = await openPlantation({ migrations: THREE });
  await migrateUp(plants.target);
  await plants.write(`migrations/${MOSS}.sql`, migration('CREATE TABLE ferns ();', 'DROP TABLE moss;'));
  await expect(migrateRedo(plants.target)).resolves.toEqual({ applied: [MOSS], undone: [MOSS] });
  await expect(migrateRedo(plants.target, { count: 2 })).rejects.toMatchObject({ code: 'MIGRATION_FAILED' });
  await plants.write(`migrations/${MOSS}.sql`, migration('CREATE TABLE ferns ();', 'DROP TABLE ferns;'));
  await expect(migrateRedo(plants.target, { count: 2 })).resolves.toEqual({
    applied: [HERBS, MOSS],
    undone: [MOSS, HERBS],
  });
  await expect(state(plants)).resolves.toEqual({
    history: [TREES, HERBS, MOSS],
    ledger: [TREES, HERBS, MOSS],
    tables: ['trees', 'herbs', 'ferns'],
  });
});

test('a migration that fails is rolled back whole, the earlier ones are kept, and the next run goes on', async () => {
  await using plants = await openPlantation({
    migrations: {
      ...THREE,
      [`${HERBS}.sql`]: migration('CREATE TABLE herbs ();\nINSERT INTO herbs (nam) VALUES (1);'),
    },
  });
  const failure = migrateUp(plants.target);
  await expect(failure).rejects.toBeInstanceOf(AtrizError);
  await expect(failure).rejects.toMatchObject({
    code: 'MIGRATION_FAILED',
    message: expect.stringMatching(
      new RegExp(
        String.raw`${HERBS}\.sql:3:20: column "nam" of relation "herbs" does not exist \(42703\)\n` +
          String.raw` {5}3 \| INSERT INTO herbs \(nam\) VALUES \(1\);\n {7}\| {20}\^\n` +
          `this migration was rolled back; applied before it and kept: ${TREES}$`,
      ),
    ) as string,
    cause: { code: '42703' },
  });
  await expect(state(plants)).resolves.toEqual({ history: [TREES], ledger: [TREES], tables: ['trees'] });
  await plants.write(`migrations/${HERBS}.sql`, THREE[`${HERBS}.sql`]!);
  await expect(migrateUp(plants.target)).resolves.toEqual({ applied: [HERBS, MOSS], undone: [] });
});

test('a syntax error is told by its place although PostgreSQL ran nothing of the file', async () => {
  await using plants = await openPlantation({
    migrations: { [`${TREES}.sql`]: '-- Up Migration\n-- 🚗\nCREATE TABLE trees ();\nCREATE TABEL herbs ();\n' },
  });
  await expect(migrateUp(plants.target)).rejects.toMatchObject({
    message: expect.stringContaining(`${TREES}.sql:4:8: syntax error at or near "TABEL" (42601)`) as string,
  });
  await expect(plants.list(`SELECT to_regclass('trees')`)).resolves.toEqual([null]);
});

test('a failure at COMMIT rolls back the migration too', async () => {
  await using plants = await openPlantation({
    migrations: {
      [`${TREES}.sql`]: migration(
        `CREATE TABLE trees (id int PRIMARY KEY);
         CREATE TABLE leaves (tree int REFERENCES trees DEFERRABLE INITIALLY DEFERRED);
         INSERT INTO leaves VALUES (1);`,
      ),
    },
  });
  await expect(migrateUp(plants.target)).rejects.toMatchObject({ code: 'MIGRATION_FAILED', cause: { code: '23503' } });
  await expect(state(plants)).resolves.toEqual({ history: [], ledger: [], tables: [] });
});

test('a failing undo is rolled back, and the message says what was undone before it', async () => {
  await using plants = await openPlantation({
    migrations: { ...THREE, [`${HERBS}.sql`]: migration('CREATE TABLE herbs ();', 'DROP TABLE thyme;') },
  });
  await migrateUp(plants.target);
  await expect(migrateDown(plants.target, { count: 2 })).rejects.toMatchObject({
    code: 'MIGRATION_FAILED',
    message: expect.stringContaining(`this undoing was rolled back; undone before it and kept: ${MOSS}`) as string,
  });
  await expect(state(plants)).resolves.toEqual({
    history: [TREES, HERBS],
    ledger: [TREES, HERBS],
    tables: ['trees', 'herbs'],
  });
});

test('a migration without a Down section stops an undo before anything is undone', async () => {
  await using plants = await openPlantation({
    migrations: { ...THREE, [`${HERBS}.sql`]: '-- Up Migration\nCREATE TABLE herbs ();\n' },
  });
  await migrateUp(plants.target);
  for (const run of [migrateDown, migrateRedo]) {
    await expect(run(plants.target, { count: 2 })).rejects.toMatchObject({
      code: 'MIGRATION_INVALID',
      message: `${plants.directory}/migrations/${HERBS}.sql: it has no Down section, so it cannot be undone`,
    });
  }
  await expect(state(plants)).resolves.toMatchObject({ history: [TREES, HERBS, MOSS], ledger: [TREES, HERBS, MOSS] });
  await expect(migrateDown(plants.target)).resolves.toMatchObject({ undone: [MOSS] });
});

test('an invalid file is refused before any pending one is applied', async () => {
  await using plants = await openPlantation({ migrations: { ...THREE, [`${MOSS}.sql`]: 'CREATE TABLE moss ();' } });
  await expect(migrateUp(plants.target)).rejects.toMatchObject({
    code: 'MIGRATION_INVALID',
    message: expect.stringContaining(`${MOSS}.sql:1: it has no "-- Up Migration" line`) as string,
  });
  await expect(plants.list(`SELECT to_regclass('trees')`)).resolves.toEqual([null]);
});

test('an applied migration whose file is gone refuses every direction', async () => {
  await using plants = await openPlantation({ migrations: THREE });
  await migrateUp(plants.target, { count: 2 });
  await plants.remove(`migrations/${HERBS}.sql`);
  const expected = {
    code: 'MIGRATION_MISSING',
    message: `${HERBS} is applied, but its file is gone`,
  };
  await expect(migrateUp(plants.target)).rejects.toMatchObject(expected);
  await expect(migrateDown(plants.target)).rejects.toMatchObject(expected);
  await expect(migrateRedo(plants.target)).rejects.toMatchObject(expected);
  await expect(state(plants)).resolves.toMatchObject({ history: [TREES, HERBS], tables: ['trees', 'herbs'] });
});

test('a file older than the newest applied is refused, and nothing of the run is applied', async () => {
  await using plants = await openPlantation({ migrations: { [`${HERBS}.sql`]: THREE[`${HERBS}.sql`]! } });
  await migrateUp(plants.target);
  await plants.write(`migrations/${TREES}.sql`, THREE[`${TREES}.sql`]!);
  await plants.write(`migrations/${MOSS}.sql`, THREE[`${MOSS}.sql`]!);
  await expect(migrateUp(plants.target)).rejects.toMatchObject({
    code: 'MIGRATION_OUT_OF_ORDER',
    message: `${TREES} is not applied, but older than the newest applied`,
  });
  await expect(state(plants)).resolves.toMatchObject({ history: [HERBS], tables: ['herbs'] });
});

test('a history that node-pg-migrate made alone is adopted as it stands', async () => {
  await using plants = await openPlantation({ migrations: THREE });
  const { runner } = await import('node-pg-migrate');
  await runner({
    dbClient: plants.client,
    dir: `${plants.directory}/migrations`,
    migrationsTable: 'pgmigrations',
    direction: 'up',
    count: 2,
    log: () => undefined,
  });
  await expect(migrateUp(plants.target)).resolves.toEqual({ applied: [MOSS], undone: [] });
  await expect(state(plants)).resolves.toEqual({
    history: [TREES, HERBS, MOSS],
    ledger: [TREES, HERBS, MOSS],
    tables: ['trees', 'herbs', 'moss'],
  });
  await expect(migrateDown(plants.target, { count: 2 })).resolves.toMatchObject({ undone: [MOSS, HERBS] });
  await expect(state(plants)).resolves.toEqual({ history: [TREES], ledger: [TREES], tables: ['trees'] });
});

test('a migrations table and a directory of the definition’s own are used', async () => {
  await using plants = await openPlantation({
    definition: { migrationsTable: 'My History', migrationsDirectory: 'sql' },
  });
  await plants.write(`sql/${TREES}.sql`, THREE[`${TREES}.sql`]!);
  await expect(migrateUp(plants.target)).resolves.toMatchObject({ applied: [TREES] });
  await expect(plants.list('SELECT name FROM "My History"')).resolves.toEqual([TREES]);
  await expect(migrateUp(plants.target)).resolves.toMatchObject({ applied: [] });
});

test('a name that is part of another’s, or has dots, runs just itself', async () => {
  const dotted = '1700000000001_v1.2';
  await using plants = await openPlantation({
    migrations: {
      [`${dotted}.sql`]: migration('CREATE TABLE dotted ();'),
      '1700000000001_v1x2.sql': migration('CREATE TABLE other ();'),
    },
  });
  await expect(migrateUp(plants.target, { count: 1 })).resolves.toMatchObject({ applied: [dotted] });
  await expect(state(plants)).resolves.toMatchObject({ tables: ['dotted'] });
});

test('text that only looks like a template, a comment or a marker goes to the server as it stands', async () => {
  await using plants = await openPlantation({
    migrations: {
      [`${TREES}.sql`]: migration(
        `CREATE TABLE trees (note text);
         -- the Down Migration is below; {braces} stay, and so does 'a quote
         INSERT INTO trees VALUES ('{name} $1 -- Up Migration; COMMIT;'); -- no end of statement`,
      ),
    },
  });
  await migrateUp(plants.target);
  await expect(plants.list('SELECT note FROM trees')).resolves.toEqual(['{name} $1 -- Up Migration; COMMIT;']);
});

test('a database of another definition or family is refused in every direction, and nothing is written', async () => {
  await using plants = await openPlantation({ migrations: THREE });
  await migrateUp(plants.target, { count: 1 });
  const { host, port, database } = plants.target.parameters;
  for (const [field, value, isCalled] of [
    ['definition', 'animals', 'animals of family plantation'],
    ['family', 'zoo', 'plants of family zoo'],
  ]) {
    const [before] = await plants.query(`SELECT ${field} AS value FROM atriz.identity`);
    await plants.query(`UPDATE atriz.identity SET ${field} = $1`, [value]);
    for (const run of [migrateUp, migrateDown, migrateRedo]) {
      await expect(run(plants.target)).rejects.toMatchObject({
        code: 'IDENTITY_MISMATCH',
        message:
          `"${database}" on ${host}:${port}, named by DATABASE_URL of the process, is ${isCalled}, ` +
          'not plants of family plantation',
      });
    }
    await plants.query(`UPDATE atriz.identity SET ${field} = $1`, [before!['value']]);
  }
  await expect(state(plants)).resolves.toEqual({ history: [TREES], ledger: [TREES], tables: ['trees'] });
});

test('undoing is refused in production, applying is not', async () => {
  await using plants = await openPlantation({ migrations: THREE });
  const production = { ...plants.target, environment: 'production' };
  await expect(migrateUp(production)).resolves.toMatchObject({ applied: [TREES, HERBS, MOSS] });
  for (const run of [migrateDown, migrateRedo]) {
    await expect(run(production)).rejects.toMatchObject({ code: 'DESTRUCTIVE_REFUSED' });
    await expect(run(plants.target)).rejects.toMatchObject({ code: 'IDENTITY_MISMATCH' });
  }
  await expect(migrateDown(production, {}, { allowDestructive: 'plants' })).resolves.toMatchObject({ undone: [MOSS] });
});

test('a schema that a migration leaves in the search path does not lead the next one astray', async () => {
  await using plants = await openPlantation({
    migrations: {
      [`${TREES}.sql`]: migration('CREATE SCHEMA other; SET LOCAL search_path = other; CREATE TABLE trees ();'),
      [`${HERBS}.sql`]: migration('CREATE TABLE herbs ();'),
    },
  });
  await migrateUp(plants.target);
  await expect(
    plants.list(
      `SELECT relnamespace::regnamespace || '.' || relname FROM pg_class WHERE relname IN ('trees', 'herbs') ORDER BY 1`,
    ),
  ).resolves.toEqual(['other.trees', 'public.herbs']);
});
