import { expect, test } from 'vitest';
import { migration, openPlantation } from '../../test/plantation.ts';
import { migrateUp } from '../migrations/migrate.ts';
import { migrateDown } from '../migrations/undo.ts';
import { readStatus } from '../status.ts';
import { baselineDatabase } from './baseline.ts';
import { acceptEdits, readEditedMigrations } from './repair.ts';
import { resolveMigration } from './resolve.ts';

const TREES = '1700000000001_trees';
const HERBS = '1700000000002_herbs';
const MOSS = '1700000000003_moss';
const THREE = {
  [`${TREES}.sql`]: migration('CREATE TABLE trees ();', 'DROP TABLE trees;'),
  [`${HERBS}.sql`]: migration('CREATE TABLE herbs ();', 'DROP TABLE herbs;'),
  [`${MOSS}.sql`]: migration('CREATE TABLE moss ();', 'DROP TABLE moss;'),
};
const HISTORY = 'SELECT name FROM pgmigrations ORDER BY run_on, id';

test('a baseline writes down what is there already, and up goes on behind it', async () => {
  await using plants = await openPlantation({ migrations: THREE });
  await plants.query('CREATE TABLE trees (); CREATE TABLE herbs ()');
  await expect(baselineDatabase(plants.target, { to: `${HERBS}.sql` })).resolves.toEqual({ recorded: [TREES, HERBS] });
  await expect(plants.list(HISTORY)).resolves.toEqual([TREES, HERBS]);
  await expect(plants.list('SELECT name FROM atriz.migrations WHERE text IS NOT NULL ORDER BY 1')).resolves.toEqual([
    TREES,
    HERBS,
  ]);
  await expect(migrateUp(plants.target)).resolves.toEqual({ applied: [MOSS], undone: [] });
  await expect(plants.query('SELECT command, outcome, changes FROM atriz.runs ORDER BY started_at')).resolves.toEqual([
    { command: 'migrate baseline', outcome: 'done', changes: [TREES, HERBS] },
    { command: 'migrate up', outcome: 'done', changes: [MOSS] },
  ]);
});

test('a database with a history gets no baseline, and keeps the history that it has', async () => {
  await using plants = await openPlantation({ migrations: THREE });
  await migrateUp(plants.target, { count: 1 });
  await expect(baselineDatabase(plants.target, { to: HERBS })).rejects.toMatchObject({
    code: 'HISTORY_NOT_EMPTY',
    message: `"${plants.target.parameters.database}" has a history, up to ${TREES}`,
  });
  await expect(plants.list(HISTORY)).resolves.toEqual([TREES]);
});

test('a baseline to an unknown migration is refused, with those that it could mean', async () => {
  await using plants = await openPlantation({ migrations: THREE });
  await expect(baselineDatabase(plants.target, { to: '1700000000009_herbs' })).rejects.toMatchObject({
    code: 'MIGRATION_UNKNOWN',
    message: 'there is no migration "1700000000009_herbs"',
    hint: `did you mean: ${HERBS}`,
  });
  await expect(plants.list(`SELECT to_regclass('pgmigrations') || ''`)).resolves.toEqual([null]);
});

test('a migration that was applied by hand is written down, and one that was undone by hand is forgotten', async () => {
  await using plants = await openPlantation({ migrations: THREE });
  await migrateUp(plants.target, { count: 1 });
  await plants.query('CREATE TABLE herbs ()');
  await resolveMigration(plants.target, { name: HERBS, as: 'applied' });
  await expect(migrateUp(plants.target)).resolves.toEqual({ applied: [MOSS], undone: [] });

  await plants.query('DROP TABLE moss');
  await resolveMigration(plants.target, { name: MOSS, as: 'rolled-back' });
  await expect(migrateUp(plants.target)).resolves.toEqual({ applied: [MOSS], undone: [] });
  await expect(migrateDown(plants.target, { count: 3 })).resolves.toMatchObject({ undone: [MOSS, HERBS, TREES] });
});

test('one whose file is gone is forgotten when somebody has undone it', async () => {
  await using plants = await openPlantation({ migrations: THREE, migrated: true });
  await plants.remove(`migrations/${MOSS}.sql`);
  await plants.query('DROP TABLE moss');
  await resolveMigration(plants.target, { name: MOSS, as: 'rolled-back' });
  await expect(readStatus(plants.target)).resolves.toMatchObject({ applied: 2, pending: [], problems: [] });
});

test.each([
  ['applied', TREES, `${TREES} is applied already; there is nothing to resolve`],
  ['rolled-back', HERBS, `${HERBS} is not applied; there is nothing to resolve`],
] as const)('what is so already is not resolved as %s', async (as, name, message) => {
  await using plants = await openPlantation({ migrations: THREE });
  await migrateUp(plants.target, { count: 1 });
  await expect(resolveMigration(plants.target, { name, as })).rejects.toMatchObject({
    code: 'ARGUMENT_INVALID',
    message,
  });
});

test('another definition’s database is not repaired', async () => {
  await using plants = await openPlantation({ migrations: THREE });
  await migrateUp(plants.target, { count: 1 });
  const other = { ...plants.target, family: 'zoo' };
  const expected = { code: 'IDENTITY_MISMATCH' };
  await expect(resolveMigration(other, { name: HERBS, as: 'applied' })).rejects.toMatchObject(expected);
  await expect(baselineDatabase(other, { to: HERBS })).rejects.toMatchObject(expected);
  await expect(acceptEdits(other, { names: [TREES] })).rejects.toMatchObject(expected);
  await expect(plants.list('SELECT command FROM atriz.runs')).resolves.toEqual(['migrate up']);
});

test('an edit that somebody has seen is accepted, and no other', async () => {
  await using plants = await openPlantation({ migrations: THREE, migrated: true });
  await plants.write(
    `migrations/${TREES}.sql`,
    `-- Trees.\n${migration('CREATE TABLE trees ();', 'DROP TABLE trees;')}`,
  );
  const edits = await readEditedMigrations(plants.target);
  expect(edits.map(({ file, diff }) => [file.name, diff])).toEqual([
    [
      TREES,
      `--- as applied
+++ the file now
@@ -1,4 +1,5 @@
+-- Trees.
 -- Up Migration
 CREATE TABLE trees ();
 -- Down Migration
 DROP TABLE trees;`,
    ],
  ]);
  await plants.write(`migrations/${MOSS}.sql`, migration('SELECT 1;'));
  await expect(acceptEdits(plants.target, { names: [TREES] })).resolves.toEqual({ accepted: [TREES] });
  await expect(migrateUp(plants.target)).rejects.toMatchObject({
    code: 'MIGRATION_EDITED',
    message: expect.stringMatching(new RegExp(`^${MOSS} was edited`)) as string,
  });
});
