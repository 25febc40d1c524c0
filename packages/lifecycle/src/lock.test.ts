import type pg from 'pg';
import { expect, test } from 'vitest';
import { openPlantation, type Plantation } from '../test/plantation.ts';
import type { Context } from './context.ts';
import { withMigrationLock } from './lock.ts';
import { withSession } from './session.ts';

function locked<Result>(
  plants: Plantation,
  context: Context,
  work: (client: pg.Client) => Promise<Result>,
): Promise<Result> {
  return withSession(plants.target.parameters, context, (client) =>
    withMigrationLock(client, plants.target, context, () => work(client)),
  );
}

test('one at a time has the lock; the others wait, say for whom, and get it in turn', async () => {
  await using plants = await openPlantation();
  let inside = 0;
  let most = 0;
  const said: string[] = [];
  const results = await Promise.all(
    [1, 2, 3].map((number) =>
      locked(plants, { onProgress: (line) => void said.push(line) }, async () => {
        inside += 1;
        most = Math.max(most, inside);
        while (said.length < 2) await new Promise((resolve) => void setTimeout(resolve, 5)); // until both others wait
        inside -= 1;
        return number;
      }),
    ),
  );
  expect(results).toEqual([1, 2, 3]);
  expect(most).toBe(1);
  expect(said).toHaveLength(2);
  expect(said[0]).toMatch(
    /^waiting for process \d+ of \S+ \(atriz, connected \d\d:\d\d:\d\d ago\), which migrates this database$/,
  );
});

test('after lockWaitMs it gives up with LOCK_TIMEOUT, which names the holder', async () => {
  await using plants = await openPlantation();
  await locked(plants, {}, async (holder) => {
    const { processID } = holder as unknown as { processID: number };
    await expect(locked(plants, { lockWaitMs: 100 }, async () => 'got it')).rejects.toMatchObject({
      code: 'LOCK_TIMEOUT',
      message: expect.stringMatching(
        new RegExp(
          String.raw`^waited 0\.1 s for process ${processID} of \S+ \(atriz, connected .* ago\), which migrates`,
        ),
      ) as string,
    });
  });
});

test('a wait of 0 asks once', async () => {
  await using plants = await openPlantation();
  await expect(locked(plants, { lockWaitMs: 0 }, async () => 'got it')).resolves.toBe('got it');
  await locked(plants, {}, async () => {
    const start = performance.now();
    await expect(locked(plants, { lockWaitMs: 0 }, async () => 'got it')).rejects.toMatchObject({
      code: 'LOCK_TIMEOUT',
    });
    expect(performance.now() - start).toBeLessThan(1000);
  });
});

test('the lock is free again in the same session when work rejects, a failed transaction included', async () => {
  await using plants = await openPlantation();
  await withSession(plants.target.parameters, {}, async (client) => {
    await expect(
      withMigrationLock(client, plants.target, {}, async () => {
        throw new Error('first');
      }),
    ).rejects.toThrow('first');
    await expect(locked(plants, { lockWaitMs: 0 }, async () => 'got it')).resolves.toBe('got it');
  });
  await expect(
    locked(plants, {}, async (client) => {
      await client.query('BEGIN');
      await client.query('SELECT 1 / 0');
    }),
  ).rejects.toMatchObject({ code: '22012' });
  await expect(locked(plants, { lockWaitMs: 2000 }, async () => 'got it')).resolves.toBe('got it');
});

test('the migrations of another database of the same server do not wait', async () => {
  await using plants = await openPlantation();
  await using others = await openPlantation();
  await locked(plants, {}, async () => {
    await expect(locked(others, { lockWaitMs: 0 }, async () => 'got it')).resolves.toBe('got it');
  });
});

test('node-pg-migrate’s own command takes the same lock', async () => {
  await using plants = await openPlantation();
  const { runner } = await import('node-pg-migrate');
  await plants.write('migrations/1700000000001_a.sql', '-- Up Migration\nSELECT 1;\n');
  await locked(plants, {}, async () => {
    await expect(
      runner({
        dbClient: plants.client,
        dir: `${plants.directory}/migrations`,
        migrationsTable: 'pgmigrations',
        direction: 'up',
        log: () => undefined,
      }),
    ).rejects.toThrow('Another migration is already running');
  });
});
