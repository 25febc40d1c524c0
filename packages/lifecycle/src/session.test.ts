import { setTimeout as wait } from 'node:timers/promises';
import { expect, test, vi } from 'vitest';
import { migration, openPlantation, type Plantation } from '../test/plantation.ts';
import { withMigrationLock } from './lock.ts';
import { migrateUp } from './migrations/migrate.ts';
import { withSession } from './session.ts';

async function sessions({ list }: Plantation): Promise<unknown[]> {
  return list(`SELECT query FROM pg_stat_activity
                WHERE datname = current_database() AND application_name = 'atriz'`);
}

test('the connection is closed when work resolves and when it rejects', async () => {
  await using plants = await openPlantation();
  const { parameters } = plants.target;
  await expect(withSession(parameters, {}, async () => sessions(plants))).resolves.toHaveLength(1);
  await expect(
    withSession(parameters, {}, async () => {
      throw new Error('no');
    }),
  ).rejects.toThrow('no');
  await vi.waitFor(async () => expect(await sessions(plants)).toEqual([]));
});

test('a connection that cannot be made is told as such', async () => {
  await using plants = await openPlantation();
  await expect(
    withSession({ ...plants.target.parameters, database: 'no such one' }, {}, async () => 1),
  ).rejects.toMatchObject({ code: 'DATABASE_MISSING' });
});

test('statements are told with their time, failed ones too, and values never', async () => {
  await using plants = await openPlantation();
  const told: [string, boolean][] = [];
  const onStatement = (text: string, durationMs: number): void => void told.push([text, durationMs > 0]);
  await withSession(plants.target.parameters, { onStatement }, async (client) => {
    await client.query('SELECT $1::text', ['s3cret']);
    await client.query({ text: 'SELECT 2' });
    await client.query('SELEKT').catch(() => undefined);
  });
  expect(told).toEqual([
    ['SELECT $1::text', true],
    ['SELECT 2', true],
    ['SELEKT', true],
  ]);
});

test('a signal that aborts ends the backend, undoes its transaction and releases the lock', async () => {
  await using plants = await openPlantation({
    migrations: { '1700000000001_slow.sql': migration('CREATE TABLE slow (); SELECT pg_sleep(60);') },
  });
  const abort = new AbortController();
  const run = migrateUp(plants.target, {}, { signal: abort.signal }).catch((error: unknown) => error);
  await vi.waitFor(async () => expect(await sessions(plants)).toEqual([expect.stringContaining('pg_sleep')]));
  abort.abort();
  await expect(run).resolves.toMatchObject({
    code: 'INTERRUPTED',
    message: 'interrupted; nothing of the unfinished transaction was kept',
  });
  // At once, not in a moment: the backend is gone when the promise rejects.
  await expect(sessions(plants)).resolves.toEqual([]);
  await expect(
    plants.list(`SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND database = (
      SELECT oid FROM pg_database WHERE datname = current_database())`),
  ).resolves.toEqual([]);
  await expect(plants.list(`SELECT to_regclass('slow')`)).resolves.toEqual([null]);
});

test('a signal that aborts while it waits for the lock ends the waiting', async () => {
  await using plants = await openPlantation();
  const { parameters } = plants.target;
  const abort = new AbortController();
  await withSession(parameters, {}, (holder) =>
    withMigrationLock(holder, plants.target, {}, async () => {
      const waiting = withSession(parameters, { signal: abort.signal }, (client) =>
        withMigrationLock(
          client,
          plants.target,
          { signal: abort.signal, onProgress: () => abort.abort() },
          async () => 'got it',
        ),
      );
      await expect(waiting).rejects.toMatchObject({ code: 'INTERRUPTED' });
    }),
  );
});

test('a signal that aborted before connects to nothing: INTERRUPTED', async () => {
  await using plants = await openPlantation();
  const nowhere = { ...plants.target.parameters, port: 1 };
  await expect(withSession(nowhere, { signal: AbortSignal.abort() }, async () => 1)).rejects.toMatchObject({
    code: 'INTERRUPTED',
  });
});

test('a signal that aborts while it connects runs no work: INTERRUPTED', async () => {
  await using plants = await openPlantation();
  const abort = new AbortController();
  const work = vi.fn(async () => 1);
  const run = withSession(plants.target.parameters, { signal: abort.signal }, work);
  abort.abort();
  await expect(run).rejects.toMatchObject({ code: 'INTERRUPTED' });
  expect(work).not.toHaveBeenCalled();
});

test('a signal that aborts after the end changes nothing', async () => {
  await using plants = await openPlantation();
  const abort = new AbortController();
  await expect(withSession(plants.target.parameters, { signal: abort.signal }, async () => 'done')).resolves.toBe(
    'done',
  );
  abort.abort();
  await wait(10);
});

test('a backend that dies under work rejects what runs, and Node goes on', async () => {
  await using plants = await openPlantation();
  const run = withSession(plants.target.parameters, {}, async (client) => {
    const { processID } = client as unknown as { processID: number };
    const gone = new Promise((resolve) => void client.once('end', () => resolve(undefined)));
    await plants.query('SELECT pg_terminate_backend($1)', [processID]);
    await gone;
    return client.query('SELECT 1');
  });
  await expect(run).rejects.toThrow('not queryable');
});
