import { expect, test } from 'vitest';
import { migration, openPlantation } from '../../test/plantation.ts';
import { cleanDatabase } from '../clean.ts';
import { setIdentity } from '../identity.ts';
import { migrateUp } from '../migrations/migrate.ts';
import { migrateDown } from '../migrations/undo.ts';
import { seedDatabase } from '../seed.ts';
import { VERSION } from '../version.ts';
import { readRuns } from './past-runs.ts';

const TREES = '1700000000001_trees';
const HERBS = '1700000000002_herbs';
const RUN = '5e8f2c1a-0000-4000-8000-000000000001';

test('every run that writes is kept: what it was, what it did, how it ended, newest first', async () => {
  await using plants = await openPlantation({
    migrations: {
      [`${TREES}.sql`]: migration('CREATE TABLE trees ();', 'DROP TABLE trees;'),
      [`${HERBS}.sql`]: migration('CREATE TABLE herbs (;'),
    },
    seeds: { '001_trees.ts': 'export default async (client) => { await client.query("SELECT 1"); };\n' },
  });
  await expect(readRuns(plants.target, { limit: 9 })).resolves.toEqual([]);
  await expect(migrateUp(plants.target, {}, { runId: RUN })).rejects.toMatchObject({ code: 'MIGRATION_FAILED' });
  await plants.remove(`migrations/${HERBS}.sql`);
  await seedDatabase(plants.target);
  await cleanDatabase(plants.target);
  await migrateDown(plants.target);

  const runs = await readRuns(plants.target, { limit: 9 });
  expect(runs.map(({ command, outcome, changes }) => ({ command, outcome, changes }))).toEqual([
    { command: 'migrate down', outcome: 'done', changes: [TREES] },
    { command: 'clean', outcome: 'done', changes: [] },
    { command: 'seed', outcome: 'done', changes: ['001_trees'] },
    { command: 'migrate up', outcome: 'failed', changes: [TREES] },
  ]);
  expect(runs.at(-1)).toMatchObject({
    runId: RUN,
    error: expect.stringContaining(`${HERBS}.sql:2:21: syntax error at or near ";" (42601)`) as string,
    endedAt: expect.any(Date) as Date,
  });
  await expect(readRuns(plants.target, { limit: 1 })).resolves.toHaveLength(1);
});

test('a migration knows the run that it was applied in', async () => {
  await using plants = await openPlantation({ migrations: { [`${TREES}.sql`]: migration('CREATE TABLE trees ();') } });
  await migrateUp(plants.target, {}, { runId: RUN });
  await expect(plants.query('SELECT run_id FROM atriz.migrations')).resolves.toEqual([{ run_id: RUN }]);
  await expect(plants.query('SELECT run_id, atriz_version FROM atriz.runs')).resolves.toEqual([
    { run_id: RUN, atriz_version: VERSION },
  ]);
});

test('what finds nothing to do is no run', async () => {
  await using plants = await openPlantation({ migrations: { [`${TREES}.sql`]: migration('CREATE TABLE trees ();') } });
  await migrateUp(plants.target);
  await migrateUp(plants.target);
  await expect(readRuns(plants.target, { limit: 9 })).resolves.toHaveLength(1);
});

test('a run whose session is ended stays without an end', async () => {
  await using plants = await openPlantation({
    migrations: { [`${TREES}.sql`]: migration('SELECT pg_sleep(60);') },
  });
  const failure = migrateUp(plants.target).catch((error: unknown) => error);
  const sessions = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                     WHERE datname = current_database() AND wait_event = 'PgSleep'`;
  await expect.poll(() => plants.list(sessions), { timeout: 20_000 }).toEqual([true]);
  await expect(failure).resolves.toMatchObject({
    message: expect.stringContaining('terminating connection') as string,
  });
  await expect(readRuns(plants.target, { limit: 9 })).resolves.toMatchObject([
    { command: 'migrate up', outcome: undefined, endedAt: undefined, changes: [] },
  ]);
});

test('setting the identity is a run too', async () => {
  await using plants = await openPlantation({ migrations: { [`${TREES}.sql`]: migration('CREATE TABLE trees ();') } });
  await migrateUp(plants.target);
  await setIdentity(plants.target, { protected: true }, { runId: RUN });
  await expect(readRuns(plants.target, { limit: 1 })).resolves.toMatchObject([
    { runId: RUN, command: 'identity set', outcome: 'done' },
  ]);
});
