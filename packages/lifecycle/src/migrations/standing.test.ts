import { expect, test } from 'vitest';
import { migration, openPlantation } from '../../test/plantation.ts';
import { readStatus } from '../status.ts';
import { migrateUp } from './migrate.ts';
import { migrateDown, migrateRedo } from './undo.ts';

const TREES = '1700000000001_trees';
const HERBS = '1700000000002_herbs';
const MOSS = '1700000000003_moss';
const TWO = {
  [`${TREES}.sql`]: migration('CREATE TABLE trees (height int);', 'DROP TABLE trees;'),
  [`${HERBS}.sql`]: migration('CREATE TABLE herbs ();', 'DROP TABLE herbs;'),
};

test('up refuses a file that was edited after it was applied, and shows how', async () => {
  await using plants = await openPlantation({ migrations: TWO, migrated: true });
  await plants.write(`migrations/${TREES}.sql`, migration('CREATE TABLE trees (height bigint);', 'DROP TABLE trees;'));
  await plants.write(`migrations/${MOSS}.sql`, migration('CREATE TABLE moss ();'));
  await expect(migrateUp(plants.target)).rejects.toMatchObject({
    code: 'MIGRATION_EDITED',
    message: `${TREES} was edited after it was applied
--- as applied
+++ the file now
@@ -1,4 +1,4 @@
 -- Up Migration
-CREATE TABLE trees (height int);
+CREATE TABLE trees (height bigint);
 -- Down Migration
 DROP TABLE trees;`,
  });
  await expect(plants.list(`SELECT to_regclass('moss')`)).resolves.toEqual([null]);
  await expect(readStatus(plants.target)).resolves.toMatchObject({
    pending: [MOSS],
    problems: [{ code: 'MIGRATION_EDITED', message: `${TREES} was edited after it was applied` }],
  });
});

test('line ends, blanks at their ends and a byte order mark are no edits', async () => {
  await using plants = await openPlantation({ migrations: TWO, migrated: true });
  const text = `\uFEFF${TWO[`${TREES}.sql`]!.replaceAll('\n', ' \t\r\n')}\n\n`;
  await plants.write(`migrations/${TREES}.sql`, text);
  await expect(migrateUp(plants.target)).resolves.toEqual({ applied: [], undone: [] });
});

test('where the ledger has not kept a text, up refuses without showing the difference', async () => {
  await using plants = await openPlantation({ migrations: TWO, migrated: true });
  await plants.query('UPDATE atriz.migrations SET text = NULL');
  await plants.write(`migrations/${TREES}.sql`, migration('SELECT 1;'));
  await expect(migrateUp(plants.target)).rejects.toMatchObject({
    code: 'MIGRATION_EDITED',
    message: `${TREES} was edited after it was applied`,
  });
});

test('a text of more than a megabyte is applied and its checksum kept, but not the text', async () => {
  const filler = `-- ${'x'.repeat(1024 * 1024)}\n`;
  await using plants = await openPlantation({
    migrations: { [`${TREES}.sql`]: migration(`${filler}CREATE TABLE trees ();`) },
    migrated: true,
  });
  await expect(plants.query('SELECT text, length(checksum) AS length FROM atriz.migrations')).resolves.toEqual([
    { text: null, length: 64 },
  ]);
  await plants.write(`migrations/${TREES}.sql`, migration('SELECT 1;'));
  await expect(migrateUp(plants.target)).rejects.toMatchObject({ code: 'MIGRATION_EDITED' });
});

test('a file that was renamed is told by its text', async () => {
  await using plants = await openPlantation({ migrations: TWO, migrated: true });
  await plants.remove(`migrations/${HERBS}.sql`);
  await plants.write(`migrations/1700000000002_spices.sql`, TWO[`${HERBS}.sql`]!);
  await expect(migrateUp(plants.target)).rejects.toMatchObject({
    code: 'MIGRATION_MISSING',
    message: `${HERBS} is applied, but its file is called 1700000000002_spices now`,
    hint: `give the file its old name back: ${HERBS}.sql`,
  });
});

test('files that are older than the newest applied run when that is allowed, and are undone first', async () => {
  await using plants = await openPlantation({
    migrations: { [`${HERBS}.sql`]: TWO[`${HERBS}.sql`]! },
    migrated: true,
  });
  await plants.write(`migrations/${TREES}.sql`, TWO[`${TREES}.sql`]!);
  await expect(migrateUp(plants.target)).rejects.toMatchObject({ code: 'MIGRATION_OUT_OF_ORDER' });
  await expect(migrateUp(plants.target, { allowOutOfOrder: true })).resolves.toEqual({ applied: [TREES], undone: [] });
  await expect(migrateUp(plants.target)).resolves.toEqual({ applied: [], undone: [] });
  await expect(migrateDown(plants.target)).resolves.toEqual({ applied: [], undone: [TREES] });
});

test('a history that node-pg-migrate made alone is adopted with the texts that are there', async () => {
  await using plants = await openPlantation({ migrations: TWO, migrated: true });
  await plants.query('DROP SCHEMA atriz CASCADE');
  await expect(migrateUp(plants.target)).resolves.toEqual({ applied: [], undone: [] });
  await expect(
    plants.query(`SELECT name, text IS NOT NULL AS kept, duration_ms, applied_at = run_on AS as_then
                    FROM atriz.migrations JOIN pgmigrations USING (name) ORDER BY 1`),
  ).resolves.toEqual([
    { name: TREES, kept: true, duration_ms: null, as_then: true },
    { name: HERBS, kept: true, duration_ms: null, as_then: true },
  ]);
  await plants.write(`migrations/${TREES}.sql`, migration('SELECT 1;'));
  await expect(migrateUp(plants.target)).rejects.toMatchObject({ code: 'MIGRATION_EDITED' });
});

test('a migration that node-pg-migrate applies later is adopted by the next up', async () => {
  await using plants = await openPlantation({ migrations: TWO, migrated: true });
  await plants.query('DELETE FROM atriz.migrations WHERE name = $1', [HERBS]);
  await migrateUp(plants.target);
  await expect(plants.list('SELECT name FROM atriz.migrations ORDER BY 1')).resolves.toEqual([TREES, HERBS]);
});

test('a ledger of the version before is read, and brought up to date by the first migration', async () => {
  await using plants = await openPlantation({ migrations: TWO, migrated: true });
  await plants.query(`DROP TABLE atriz.unfinished_migrations, atriz.runs;
    ALTER TABLE atriz.migrations DROP COLUMN text, DROP COLUMN run_id, ALTER COLUMN duration_ms SET NOT NULL`);
  await expect(readStatus(plants.target)).resolves.toMatchObject({ applied: 2, problems: [] });
  await plants.write(`migrations/${MOSS}.sql`, migration('CREATE TABLE moss ();'));
  await expect(migrateUp(plants.target)).resolves.toEqual({ applied: [MOSS], undone: [] });
  await expect(plants.list(`SELECT name FROM atriz.migrations WHERE text IS NOT NULL`)).resolves.toEqual([MOSS]);
});

test('redo of the newest tells what else does not agree, and runs', async () => {
  await using plants = await openPlantation({ migrations: TWO, migrated: true });
  await plants.write(`migrations/${TREES}.sql`, `-- Trees.\n${TWO[`${TREES}.sql`]!}`);
  await plants.write(`migrations/${HERBS}.sql`, migration('CREATE TABLE herbs (name text);', 'DROP TABLE herbs;'));
  const said: string[] = [];
  const onProgress = (line: string): void => void said.push(line);
  await expect(migrateRedo(plants.target, {}, { onProgress })).resolves.toEqual({ applied: [HERBS], undone: [HERBS] });
  expect(said).toEqual([
    `${TREES} was edited after it was applied`,
    `undoing ${HERBS} (1 of 1)`,
    `applying ${HERBS} (1 of 1)`,
  ]);
});
