import { withTransaction } from '@atriz/database';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openTestDatabase, type TestDatabase } from '../test/database.ts';
import { insertVehicles, VAN } from '../test/vehicles.ts';
import { createTrackingPartitions } from './partitions.ts';
import { recordPositions } from './positions.ts';
import { readFleet } from './vehicles.ts';

let test: TestDatabase;

beforeEach(async () => {
  test = await openTestDatabase();
  await insertVehicles(test.db);
});
afterEach(() => test[Symbol.asyncDispose]());

const position = (recordedAt: string) => ({
  vehicleId: VAN,
  recordedAt: new Date(recordedAt),
  latitude: 1,
  longitude: 2,
});

async function readPartitions(): Promise<string[]> {
  const { rows } = await test.db.query<{ name: string }>(
    `SELECT inhrelid::regclass::text AS name FROM pg_inherits WHERE inhparent = 'tracking_data'::regclass ORDER BY 1`,
  );
  return rows.map(({ name }) => name);
}

async function readPlaces(): Promise<unknown[]> {
  const { rows } = await test.db.query(
    'SELECT tableoid::regclass::text AS partition, recorded_at AS at FROM tracking_data ORDER BY recorded_at',
  );
  return rows.map(({ partition, at }) => `${(at as Date).toISOString()} in ${partition}`);
}

describe('createTrackingPartitions', () => {
  it('makes the months asked for, over the turn of the year', async () => {
    expect(await createTrackingPartitions(test.db, { from: new Date('2026-11-30T23:59:00Z'), months: 3 })).toBe(3);
    expect(await readPartitions()).toStrictEqual([
      'tracking_data_2026_11',
      'tracking_data_2026_12',
      'tracking_data_2027_01',
      'tracking_data_default',
    ]);
  });

  it('makes only what is missing when it runs again', async () => {
    const from = new Date('2026-01-15T00:00:00Z');
    expect(await createTrackingPartitions(test.db, { from, months: 2 })).toBe(2);
    expect(await createTrackingPartitions(test.db, { from, months: 2 })).toBe(0);
    expect(await createTrackingPartitions(test.db, { from, months: 3 })).toBe(1);
  });

  it('makes each partition once when many ask at the same time', async () => {
    const from = new Date('2026-01-01T00:00:00Z');
    const created = await Promise.all(
      Array.from({ length: 8 }, () => createTrackingPartitions(test.db, { from, months: 4 })),
    );
    expect(created.toSorted()).toStrictEqual([0, 0, 0, 0, 0, 0, 0, 4]);
  });

  it('cuts months in UTC, whatever the session’s time zone', async () => {
    await withTransaction(test.db.pool, async (client) => {
      await client.query(`SET LOCAL TIME ZONE 'Asia/Tokyo'`);
      await client.query(`SELECT create_tracking_partitions('2026-01-01', 2)`);
    });
    await recordPositions(test.db, [position('2026-01-31T23:59:59Z'), position('2026-02-01T00:00:00Z')]);
    expect(await readPlaces()).toStrictEqual([
      '2026-01-31T23:59:59.000Z in tracking_data_2026_01',
      '2026-02-01T00:00:00.000Z in tracking_data_2026_02',
    ]);
  });

  it('moves what waited without a partition into its own, and leaves the last position as it is', async () => {
    await recordPositions(test.db, [position('2026-01-10T00:00:00Z'), position('2026-02-10T00:00:00Z')]);
    expect(await readPlaces()).toStrictEqual([
      '2026-01-10T00:00:00.000Z in tracking_data_default',
      '2026-02-10T00:00:00.000Z in tracking_data_default',
    ]);
    await createTrackingPartitions(test.db, { from: new Date('2026-02-01T00:00:00Z'), months: 1 });
    expect(await readPlaces()).toStrictEqual([
      '2026-01-10T00:00:00.000Z in tracking_data_default',
      '2026-02-10T00:00:00.000Z in tracking_data_2026_02',
    ]);
    const { rows } = await test.db.query('SELECT recorded_at FROM vehicle_positions');
    expect(rows).toStrictEqual([{ recorded_at: new Date('2026-02-10T00:00:00Z') }]);
  });

  it('lets positions of other months come in while it works', async () => {
    await createTrackingPartitions(test.db, { from: new Date('2026-01-01T00:00:00Z'), months: 1 });
    await withTransaction(test.db.pool, async (client) => {
      await client.query(`SELECT create_tracking_partitions('2026-02-01', 1)`);
      expect(await recordPositions(test.db, [position('2026-01-10T00:00:00Z')])).toBe(1);
    });
  });

  it('gives each partition the key, the checks and the foreign key of the whole', async () => {
    await createTrackingPartitions(test.db, { from: new Date('2026-01-01T00:00:00Z'), months: 1 });
    const constraints = (table: string) =>
      test.db.query(
        `SELECT contype::text AS type, pg_get_constraintdef(oid) AS definition
         FROM pg_constraint
         WHERE conrelid = $1::regclass AND contype IN ('c', 'f', 'p')
         ORDER BY 1, 2`,
        [table],
      );
    const whole = await constraints('tracking_data');
    expect(whole.rows.length).toBe(8);
    expect((await constraints('tracking_data_2026_01')).rows).toStrictEqual(whole.rows);
  });

  it.each([
    [null, 1],
    ['infinity', 1],
    ['2026-01-01', -1],
    ['2026-01-01', 1201],
    ['2026-01-01', null],
  ])('refuses %s and %s months', async (from, months) => {
    await expect(test.db.query('SELECT create_tracking_partitions($1, $2)', [from, months])).rejects.toMatchObject({
      code: '22023',
    });
  });
});

describe('a fleet before its first position', () => {
  it('has no last position', async () => {
    const fleet = await readFleet(test.db, '11111111-1111-4111-8111-111111111111');
    expect(fleet.map(({ name, lastPosition }) => [name, lastPosition])).toStrictEqual([
      ['Lorry', undefined],
      ['Van', undefined],
    ]);
  });
});
