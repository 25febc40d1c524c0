import { defaultSafety } from '@atriz/database/workspace';
import { expect, test } from 'vitest';
import { migration, openPlantation, type Plantation } from '../test/plantation.ts';
import { isYoungEnough, type BackupCatalogue } from './backup-record.ts';
import { migrateUp } from './migrations/migrate.ts';
import { migrateDown, migrateRedo } from './migrations/undo.ts';
import type { Target } from './target.ts';

const MIGRATIONS = {
  '1700000000001_a.sql': migration('CREATE TABLE a ();', 'DROP TABLE a;'),
  '1700000000002_b.sql': migration('CREATE TABLE b ();', 'DROP TABLE b;'),
};
const NOW = Date.parse('2026-11-21T12:00:00Z');
const now = (): number => NOW;

const production = ({ target }: Plantation): Target => ({
  ...target,
  environment: 'production',
  safety: defaultSafety('production'),
});

/** Knows of one backup of that age, and whom it was asked for. */
function catalogue(ageHours: number | undefined): BackupCatalogue & { readonly asked: string[] } {
  const asked: string[] = [];
  return {
    asked,
    async findNewestVerified({ database }) {
      asked.push(database.name);
      if (ageHours === undefined) return undefined;
      return { id: 'set-7', takenAt: new Date(NOW - ageHours * 3_600_000) };
    },
  };
}

test('an empty database has nothing to lose; with tables, and no backup known, nothing is written', async () => {
  await using plants = await openPlantation({ migrations: MIGRATIONS });
  await expect(migrateUp(production(plants), { count: 1 })).resolves.toMatchObject({ applied: ['1700000000001_a'] });

  const before = await plants.query('SELECT xmin, * FROM atriz.identity');
  await expect(migrateUp(production(plants))).rejects.toMatchObject({
    code: 'BACKUP_REQUIRED',
    message: `refused to migrate "${plants.target.parameters.database}" without a verified backup: none is known, and production asks for it`,
    hint:
      'make one: atriz backup create && atriz backup verify --restore; or let the migration do it: ' +
      'AUTO_BACKUP_BEFORE_MIGRATION=true; or go on without: REQUIRE_MIGRATION_BACKUP=false',
  });
  for (const undo of [migrateDown, migrateRedo]) {
    await expect(undo(production(plants), {}, { allowDestructive: 'plants' })).rejects.toMatchObject({
      code: 'BACKUP_REQUIRED',
    });
  }
  await expect(plants.query('SELECT xmin, * FROM atriz.identity')).resolves.toEqual(before);
  await expect(plants.list('SELECT name FROM pgmigrations')).resolves.toEqual(['1700000000001_a']);
});

test('with nothing to run nobody asks for a backup', async () => {
  await using plants = await openPlantation({ migrations: MIGRATIONS });
  await migrateUp(production(plants));
  const backups = catalogue(undefined);
  await expect(migrateUp(production(plants), {}, { backups })).resolves.toMatchObject({ applied: [] });
  expect(backups.asked).toEqual([]);
});

test('a verified backup that is young enough lets it pass, one that is too old does not', async () => {
  await using plants = await openPlantation({ migrations: MIGRATIONS });
  await migrateUp(production(plants), { count: 1 });
  await expect(migrateUp(production(plants), {}, { now, backups: catalogue(24.1) })).rejects.toMatchObject({
    code: 'BACKUP_REQUIRED',
    message: expect.stringContaining('the newest, set-7, is of 2026-11-20T11:54:00.000Z, more than 24 h ago') as string,
  });
  const backups = catalogue(23.9);
  await expect(migrateUp(production(plants), {}, { now, backups })).resolves.toMatchObject({
    applied: ['1700000000002_b'],
  });
  expect(backups.asked).toEqual(['plants']);
});

test('a switch that somebody set holds outside production too, and says where it is set', async () => {
  await using plants = await openPlantation({ migrations: MIGRATIONS });
  await migrateUp(plants.target, { count: 1 });
  const setBy = { variable: 'REQUIRE_MIGRATION_BACKUP', value: 'true', from: '.env' };
  const safety = { ...plants.target.safety, requireMigrationBackup: { on: true, setBy } };
  await expect(migrateUp({ ...plants.target, safety })).rejects.toMatchObject({
    message: expect.stringMatching(/none is known, and REQUIRE_MIGRATION_BACKUP of \.env asks for it$/) as string,
  });
});

test('the age counts to the millisecond, and a clock that is behind does no harm', () => {
  const hours = 1;
  expect(isYoungEnough({ id: 'x', takenAt: new Date(0) }, { hours, now: 3_600_000 })).toBe(true);
  expect(isYoungEnough({ id: 'x', takenAt: new Date(0) }, { hours, now: 3_600_001 })).toBe(false);
  expect(isYoungEnough({ id: 'x', takenAt: new Date(5000) }, { hours, now: 0 })).toBe(true);
});
