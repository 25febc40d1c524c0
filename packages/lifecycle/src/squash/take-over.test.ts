import { expect, test } from 'vitest';
import { migration, openPlantation, type Plantation } from '../../test/plantation.ts';
import { migrateUp } from '../migrations/migrate.ts';
import { migrateDown } from '../migrations/undo.ts';
import { readApplied } from '../plan/applied.ts';
import { readStatus } from '../status.ts';
import { squashMigrations } from './squash.ts';

const TREES = '1700000000001_trees';
const NAMES = '1700000000002_names';
const MOSS = '1700000000003_moss';
const HERBS = '1700000000004_herbs';
const SQUASH = '1700000000002_squashed';

const FILES = {
  [`${TREES}.sql`]: migration('CREATE TABLE trees (id int PRIMARY KEY);', 'DROP TABLE trees;'),
  [`${NAMES}.sql`]: migration('ALTER TABLE trees ADD name text;', 'ALTER TABLE trees DROP name;'),
  [`${MOSS}.sql`]: migration('CREATE TABLE moss (id int);', 'DROP TABLE moss;'),
};
const HISTORY = 'SELECT name FROM pgmigrations ORDER BY run_on, id';
const LEDGER = 'SELECT name FROM atriz.migrations ORDER BY name';

async function openSquashed({ migrated }: { migrated: boolean }): Promise<Plantation> {
  const plants = await openPlantation({ migrations: FILES, migrated });
  await squashMigrations(plants.target, { to: NAMES });
  return plants;
}

test('a database that has them all takes the squash over at its next up, in their place, and runs nothing of it', async () => {
  await using plants = await openSquashed({ migrated: true });
  await plants.write(`migrations/${HERBS}.sql`, migration('CREATE TABLE herbs (id int);', 'DROP TABLE herbs;'));
  await plants.query('INSERT INTO trees VALUES (1)');
  await expect(readStatus(plants.target)).resolves.toMatchObject({ pending: [HERBS], problems: [] });
  await expect(migrateDown(plants.target)).rejects.toMatchObject({
    code: 'MIGRATION_MISSING',
    message: `what is applied was squashed since, and the history does not say so yet: ${SQUASH}`,
  });

  await expect(migrateUp(plants.target)).resolves.toEqual({ applied: [HERBS], undone: [] });
  await expect(plants.list(HISTORY)).resolves.toEqual([SQUASH, MOSS, HERBS]);
  await expect(
    plants.query(`SELECT name, text LIKE '-- 2 migrations in one%' AS kept, duration_ms IS NULL AS not_run,
                         applied_at = run_on AS as_then
                    FROM atriz.migrations JOIN pgmigrations USING (name) WHERE name = '${SQUASH}'`),
  ).resolves.toEqual([{ name: SQUASH, kept: true, not_run: true, as_then: true }]);
  await expect(plants.list(LEDGER)).resolves.toEqual([SQUASH, MOSS, HERBS]);
  await expect(plants.list('SELECT changes FROM atriz.runs ORDER BY started_at DESC LIMIT 1')).resolves.toEqual([
    [SQUASH, HERBS],
  ]);
  await expect(plants.list('SELECT id FROM trees')).resolves.toEqual([1]);

  await expect(migrateUp(plants.target)).resolves.toEqual({ applied: [], undone: [] });
  await expect(migrateDown(plants.target, { count: 3 })).resolves.toEqual({
    applied: [],
    undone: [HERBS, MOSS, SQUASH],
  });
  await expect(plants.list(`SELECT to_regclass('trees')`)).resolves.toEqual([null]);
});

test('an empty database runs it', async () => {
  await using plants = await openSquashed({ migrated: false });
  await expect(migrateUp(plants.target)).resolves.toEqual({ applied: [SQUASH, MOSS], undone: [] });
  await expect(plants.list('SELECT name FROM trees')).resolves.toEqual([]);
});

test('a database that has only some of them is refused, with what to do: SQUASH_PARTIAL', async () => {
  await using plants = await openPlantation({ migrations: FILES });
  await migrateUp(plants.target, { count: 1 });
  await squashMigrations(plants.target, { to: NAMES });
  const refusal = {
    code: 'SQUASH_PARTIAL',
    message: `${SQUASH} takes the place of migrations of which some are applied, and these are not: ${NAMES}`,
    hint: 'apply them from a checkout that still has their files, then run this again',
  };
  await expect(migrateUp(plants.target)).rejects.toMatchObject(refusal);
  await expect(readStatus(plants.target)).resolves.toMatchObject({ problems: [refusal] });
  await expect(plants.list(HISTORY)).resolves.toEqual([TREES]);
  await expect(plants.list(`SELECT to_regclass('moss')`)).resolves.toEqual([null]);

  await plants.write(`migrations/${TREES}.sql`, FILES[`${TREES}.sql`]!);
  await plants.write(`migrations/${NAMES}.sql`, FILES[`${NAMES}.sql`]!);
  await plants.query(
    `ALTER TABLE trees ADD name text; INSERT INTO pgmigrations (name, run_on) VALUES ('${NAMES}', now())`,
  );
  await plants.remove(`migrations/${TREES}.sql`);
  await plants.remove(`migrations/${NAMES}.sql`);
  await expect(migrateUp(plants.target)).resolves.toEqual({ applied: [MOSS], undone: [] });
});

test('a history that node-pg-migrate made alone takes it over too', async () => {
  await using plants = await openSquashed({ migrated: true });
  await plants.query('DROP SCHEMA atriz CASCADE');
  await migrateUp(plants.target);
  await expect(plants.list(HISTORY)).resolves.toEqual([SQUASH, MOSS]);
  await expect(plants.list(LEDGER)).resolves.toEqual([SQUASH, MOSS]);
});

test('history and ledger change together or not at all', async () => {
  await using plants = await openSquashed({ migrated: true });
  await plants.query(`ALTER TABLE atriz.migrations ADD CONSTRAINT none CHECK (name <> '${SQUASH}')`);
  await expect(migrateUp(plants.target)).rejects.toMatchObject({ code: '23514' });
  await expect(plants.list(HISTORY)).resolves.toEqual([TREES, NAMES, MOSS]);
  await expect(plants.list(LEDGER)).resolves.toEqual([TREES, NAMES, MOSS]);
});

test('many migrators at once take it over once', async () => {
  await using plants = await openSquashed({ migrated: true });
  const runs = await Promise.all(Array.from({ length: 5 }, () => migrateUp(plants.target)));
  expect(runs).toEqual(Array.from({ length: 5 }, () => ({ applied: [], undone: [] })));
  await expect(plants.list(HISTORY)).resolves.toEqual([SQUASH, MOSS]);
});

test('squashed again, it is taken over from either history', async () => {
  await using old = await openPlantation({ migrations: FILES, migrated: true });
  await using plants = await openSquashed({ migrated: true });
  await migrateUp(plants.target);
  const again = await squashMigrations(plants.target, { to: MOSS });
  expect(again.squashes).toEqual([TREES, NAMES, SQUASH, MOSS]);
  await migrateUp(plants.target);
  await expect(plants.list(HISTORY)).resolves.toEqual(['1700000000003_squashed']);
  const behind = { ...old.target, database: plants.target.database };
  await migrateUp(behind);
  await expect(old.list(HISTORY)).resolves.toEqual(['1700000000003_squashed']);
});

test('an old file beside the squash would run twice, and is refused', async () => {
  await using plants = await openSquashed({ migrated: false });
  await plants.write(`migrations/${TREES}.sql`, FILES[`${TREES}.sql`]!);
  await expect(migrateUp(plants.target)).rejects.toMatchObject({
    code: 'MIGRATION_INVALID',
    message: expect.stringContaining(`${TREES}.sql: what it does is in ${SQUASH} too, which squashes it`) as string,
  });
  await expect(plants.list(`SELECT to_regclass('trees')`)).resolves.toEqual([null]);
});

test('what others require by an old name, or by the new one, is met before and after', async () => {
  await using plants = await openSquashed({ migrated: true });
  await expect(readApplied(plants.target, {})).resolves.toEqual(new Set([TREES, NAMES, MOSS, SQUASH]));
  await migrateUp(plants.target);
  await expect(readApplied(plants.target, {})).resolves.toEqual(new Set([TREES, NAMES, MOSS, SQUASH]));
});
