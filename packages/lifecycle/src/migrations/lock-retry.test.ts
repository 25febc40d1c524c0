import { expect, test } from 'vitest';
import { openPlantation } from '../../test/plantation.ts';
import { migrateUp } from './migrate.ts';
import { migrateRedo } from './undo.ts';

const TREES = '1700000000001_trees';
const GROW = '1700000000002_grow';
const FILES = {
  [`${TREES}.sql`]: '-- Up Migration\nCREATE TABLE trees ();\n',
  [`${GROW}.sql`]:
    '-- atriz: lock-timeout 100ms\n-- Up Migration\nALTER TABLE trees ADD height int;\n-- Down Migration\nALTER TABLE trees DROP height;\n',
};

test('a migration tries again while a table is locked, says by whom, and goes on once it is free', async () => {
  await using plants = await openPlantation({ migrations: FILES });
  await migrateUp(plants.target, { count: 1 });
  await plants.query(`BEGIN; LOCK TABLE trees IN ACCESS SHARE MODE`);
  const said: string[] = [];
  const onProgress = (line: string): void => {
    said.push(line);
    if (line.startsWith('waiting for process')) void plants.query('COMMIT');
  };
  await expect(migrateUp(plants.target, {}, { onProgress })).resolves.toEqual({ applied: [GROW], undone: [] });
  expect(said.slice(0, 2)).toEqual([`applying ${GROW} (1 of 1)`, 'a table is locked by another session: trying again']);
  const named = said.find((line) => line.startsWith('waiting for process'));
  expect(named).toMatch(/^waiting for process \d+ of \S+ \(.*idle in transaction for .*\): BEGIN; LOCK TABLE trees IN/);
});

test('after the last try it gives up, names who is in the way, and nothing was done', async () => {
  await using plants = await openPlantation({ migrations: FILES });
  await migrateUp(plants.target, { count: 1 });
  await plants.query(`BEGIN; LOCK TABLE trees IN ACCESS SHARE MODE`);
  const failure = migrateUp(plants.target);
  await expect(failure).rejects.toMatchObject({
    code: 'LOCK_TIMEOUT',
    message: expect.stringMatching(
      new RegExp(
        String.raw`${GROW}\.sql.*: canceling statement due to lock timeout \(55P03\)[^]*` +
          String.raw`tried 5 times; in the way: process \d+ of .* idle in transaction`,
      ),
    ) as string,
  });
  await plants.query('COMMIT');
  await expect(plants.list('SELECT name FROM pgmigrations')).resolves.toEqual([TREES]);
  await expect(plants.query('SELECT outcome, changes FROM atriz.runs ORDER BY started_at')).resolves.toEqual([
    { outcome: 'done', changes: [TREES] },
    { outcome: 'failed', changes: [] },
  ]);
});

test('redo tries again as a whole', async () => {
  await using plants = await openPlantation({ migrations: FILES, migrated: true });
  await plants.query(`BEGIN; LOCK TABLE trees IN ACCESS SHARE MODE`);
  const onProgress = (line: string): void => {
    if (line.startsWith('waiting for process')) void plants.query('COMMIT');
  };
  await expect(migrateRedo(plants.target, {}, { onProgress })).resolves.toEqual({ applied: [GROW], undone: [GROW] });
});

test('a migration that says nothing waits five seconds at most', async () => {
  await using plants = await openPlantation({
    migrations: { [`${TREES}.sql`]: `-- Up Migration\nCREATE TABLE seen AS SELECT current_setting('lock_timeout');\n` },
    migrated: true,
  });
  await expect(plants.list('SELECT current_setting FROM seen')).resolves.toEqual(['5s']);
});
