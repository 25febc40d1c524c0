import { join } from 'node:path';
import { runSeeds } from '@atriz/database';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openSharedTestDatabase, openTestDatabase, type TestDatabase } from '../test/database.ts';

const directory = join(import.meta.dirname, '../seeds');
let test: TestDatabase;

beforeEach(async () => {
  test = await openTestDatabase();
});
afterEach(() => test[Symbol.asyncDispose]());

async function readFigures(): Promise<unknown> {
  const { rows } = await test.db.query(
    `SELECT (SELECT count(*)::integer FROM vehicles) AS vehicles,
       (SELECT count(*)::integer FROM geofences) AS geofences,
       (SELECT count(*)::integer FROM vehicle_positions) AS last_positions,
       (SELECT count(*)::integer FROM tracking_data) AS positions,
       (SELECT count(*)::integer FROM tracking_data_default) AS without_partition,
       (SELECT max(recorded_at) FROM vehicle_positions) AS newest,
       (SELECT md5(string_agg(tracking_data::text, ',' ORDER BY vehicle_id, recorded_at)) FROM tracking_data) AS hash`,
  );
  return rows[0];
}

describe('the seeds of MexTrack', () => {
  it('load ten thousand positions into the partitions of their months', async () => {
    await runSeeds(test.db.pool, { directory });
    expect(await readFigures()).toMatchObject({
      vehicles: 10,
      geofences: 2,
      last_positions: 10,
      positions: 10_000,
      without_partition: 0,
      newest: new Date('2026-02-02T11:15:00Z'),
    });
  });

  it('change nothing when they run again', async () => {
    await runSeeds(test.db.pool, { directory });
    const before = await readFigures();
    await runSeeds(test.db.pool, { directory });
    expect(await readFigures()).toStrictEqual(before);
  });

  it('name users of core only', async () => {
    await using shared = await openSharedTestDatabase();
    await runSeeds(shared.db.pool, { directory: join(import.meta.dirname, '../../../packages/core/seeds') });
    await runSeeds(test.db.pool, { directory });
    const { rows } = await test.db.query<{ id: string }>(
      'SELECT user_id AS id FROM vehicles UNION SELECT user_id FROM geofences',
    );
    expect(rows.length).toBe(5);
    const { rowCount } = await shared.db.query('SELECT 1 FROM users WHERE id = ANY ($1)', [rows.map(({ id }) => id)]);
    expect(rowCount).toBe(5);
  });

  it('make nothing in production', async () => {
    await runSeeds(test.db.pool, { directory, environment: 'production' });
    expect(await readFigures()).toMatchObject({ vehicles: 0, geofences: 0, positions: 0 });
  });
});
