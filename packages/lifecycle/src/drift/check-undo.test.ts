import { expect, test } from 'vitest';
import { migration, openPlantation } from '../../test/plantation.ts';
import { checkUndo } from './check-undo.ts';

test('every Down that undoes its Up is counted; the database itself need not exist', async () => {
  await using plants = await openPlantation({
    migrations: {
      '1700000000001_trees.sql': migration('CREATE TABLE trees (id int PRIMARY KEY);', 'DROP TABLE trees;'),
      '1700000000002_name.sql': migration('ALTER TABLE trees ADD name text;', 'ALTER TABLE trees DROP name;'),
    },
  });
  const parameters = { ...plants.target.parameters, database: 'no such one' };
  await expect(checkUndo({ ...plants.target, parameters })).resolves.toEqual({ checked: 2, faults: [] });
});

test('each Down at fault is told once, with what it leaves, and blamed for nothing that another one left', async () => {
  await using plants = await openPlantation({
    migrations: {
      '1700000000001_trees.sql': migration('CREATE TABLE trees (id int);', 'DROP TABLE trees;'),
      '1700000000002_name.sql': migration(
        'ALTER TABLE trees ADD name varchar(20); CREATE TABLE names (id int);',
        'ALTER TABLE trees DROP name;',
      ),
      '1700000000003_text.sql': migration('ALTER TABLE trees ALTER name TYPE text;', 'SELECT 1;'),
      '1700000000004_index.sql': migration('CREATE INDEX trees_name ON trees (name);', 'DROP INDEX trees_nam;'),
      '1700000000005_moss.sql': migration('CREATE TABLE moss (id int);', 'DROP TABLE moss;'),
    },
  });
  const { checked, faults, ...rest } = await checkUndo(plants.target);
  expect(rest).toEqual({});
  expect(checked).toBe(5);
  expect(
    faults.map(({ migration: name, differences, failure }) => ({
      name,
      told: failure?.split('\n')[0] ?? differences.map(({ sentence }) => sentence),
    })),
  ).toEqual([
    {
      name: '1700000000004_index',
      told: expect.stringMatching(
        /^replayed into a scratch database, .*1700000000004_index\.sql: index "trees_nam" does not exist \(42704\)$/,
      ) as string,
    },
    { name: '1700000000003_text', told: ['table trees: column name is text, and was varchar(20) before'] },
    { name: '1700000000002_name', told: ['table names is still there'] },
  ]);
});

test('a migration without way back ends it, and is named', async () => {
  await using plants = await openPlantation({
    migrations: {
      '1700000000001_trees.sql': migration('CREATE TABLE trees (id int);', 'SELECT 1;'),
      '1700000000002_gone.sql':
        '-- Up Migration\nDROP TABLE trees; CREATE TABLE forest (id int);\n-- Down Migration: none\n',
      '1700000000003_moss.sql': migration('CREATE TABLE moss (id int);', 'DROP TABLE moss; DROP TABLE forest;'),
    },
  });
  await expect(checkUndo(plants.target)).resolves.toEqual({
    checked: 1,
    endedAt: '1700000000002_gone',
    faults: [
      {
        migration: '1700000000003_moss',
        differences: [{ change: 'missing', kind: 'table', name: 'table forest', sentence: 'table forest is gone' }],
      },
    ],
  });
});
