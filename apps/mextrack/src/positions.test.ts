import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openTestDatabase, type TestDatabase } from '../test/database.ts';
import { insertVehicles, LORRY, positionAt, VAN } from '../test/vehicles.ts';
import { createTrackingPartitions } from './partitions.ts';
import { importPositions, recordPositions } from './positions.ts';

let test: TestDatabase;

beforeAll(async () => {
  test = await openTestDatabase();
  await createTrackingPartitions(test.db, { from: new Date('2026-01-01T00:00:00Z'), months: 2 });
});
beforeEach(async () => {
  await test.db.query('TRUNCATE vehicles CASCADE');
  await insertVehicles(test.db);
});
afterAll(() => test[Symbol.asyncDispose]());

/** `<vehicle> <time> <latitude>` of each last position. */
async function readLast(): Promise<string[]> {
  const { rows } = await test.db.query<{ vehicle: string; at: Date; latitude: number }>(
    `SELECT vehicles.name AS vehicle, recorded_at AS at, latitude
     FROM vehicle_positions
     JOIN vehicles ON vehicles.id = vehicle_id
     ORDER BY 1`,
  );
  return rows.map(({ vehicle, at, latitude }) => `${vehicle} ${at.toISOString().slice(11, 16)} ${latitude}`);
}

describe('recordPositions', () => {
  it('keeps what a device sends, and what it does not send as null', async () => {
    const recordedAt = new Date('2026-01-10T10:00:00Z');
    await recordPositions(test.db, [
      {
        vehicleId: VAN,
        recordedAt,
        latitude: 38.72,
        longitude: -9.14,
        speedKmh: 42.5,
        headingDegrees: 0,
        odometerM: 7,
      },
      { vehicleId: LORRY, recordedAt, latitude: -90, longitude: 180 },
    ]);
    const { rows } = await test.db.query(
      'SELECT latitude, longitude, speed_kmh, heading_degrees, odometer_m FROM tracking_data ORDER BY vehicle_id',
    );
    expect(rows).toStrictEqual([
      { latitude: 38.72, longitude: -9.14, speed_kmh: 42.5, heading_degrees: 0, odometer_m: '7' },
      { latitude: -90, longitude: 180, speed_kmh: null, heading_degrees: null, odometer_m: null },
    ]);
  });

  it('leaves a position alone that is sent again', async () => {
    expect(await recordPositions(test.db, [positionAt(VAN, '10:00', 1), positionAt(VAN, '10:00', 2)])).toBe(1);
    expect(await recordPositions(test.db, [positionAt(VAN, '10:00', 3), positionAt(VAN, '10:01', 4)])).toBe(1);
    expect(await readLast()).toStrictEqual(['Van 10:01 4']);
  });

  it('keeps a batch once that is sent many times at once, in any order', async () => {
    const batch = Array.from({ length: 5000 }, (_, step) => ({
      ...positionAt(step % 2 ? VAN : LORRY, '10:00', 1),
      recordedAt: new Date(Date.UTC(2026, 0, 10, 10, 0, step)),
    }));
    const kept = await Promise.all(
      Array.from({ length: 20 }, (_, index) => recordPositions(test.db, index % 2 ? batch : batch.toReversed())),
    );
    expect(kept.reduce((sum, count) => sum + count, 0)).toBe(5000);
  });

  it.each([
    [{ latitude: 90.1 }, 'tracking_data_latitude_check'],
    [{ latitude: Number.NaN }, 'tracking_data_latitude_check'],
    [{ longitude: -181 }, 'tracking_data_longitude_check'],
    [{ speedKmh: -1 }, 'tracking_data_speed_kmh_check'],
    [{ headingDegrees: 360 }, 'tracking_data_heading_degrees_check'],
    [{ odometerM: -1 }, 'tracking_data_odometer_m_check'],
  ])('refuses all of them when one is off the Earth (%o)', async (fault, constraint) => {
    const positions = [positionAt(VAN, '10:00'), { ...positionAt(VAN, '10:01'), ...fault }];
    await expect(recordPositions(test.db, positions)).rejects.toMatchObject({ code: '23514', constraint });
    expect(await readLast()).toStrictEqual([]);
  });

  it('refuses a vehicle that does not exist', async () => {
    const ghost = '99999999-9999-4999-8999-999999999999';
    await expect(recordPositions(test.db, [positionAt(ghost, '10:00')])).rejects.toMatchObject({ code: '23503' });
  });
});

describe('the last position', () => {
  it('is the newest of a batch, whatever its order', async () => {
    await recordPositions(test.db, [
      positionAt(VAN, '10:01', 1),
      positionAt(LORRY, '09:00', 2),
      positionAt(VAN, '10:02', 3),
      positionAt(VAN, '10:00', 4),
    ]);
    expect(await readLast()).toStrictEqual(['Lorry 09:00 2', 'Van 10:02 3']);
  });

  it('moves forward, and is not overwritten by a late arrival', async () => {
    await recordPositions(test.db, [positionAt(VAN, '10:00', 1)]);
    await recordPositions(test.db, [positionAt(VAN, '10:05', 2)]);
    await recordPositions(test.db, [positionAt(VAN, '10:03', 3)]);
    expect(await readLast()).toStrictEqual(['Van 10:05 2']);
  });

  it('is right after COPY too', async () => {
    await recordPositions(test.db, [positionAt(LORRY, '12:00', 1)]);
    const late = [positionAt(LORRY, '11:00', 2), positionAt(VAN, '08:02', 3), positionAt(VAN, '08:01', 4)];
    expect(await importPositions(test.db, late)).toBe(3);
    expect(await readLast()).toStrictEqual(['Lorry 12:00 1', 'Van 08:02 3']);
  });

  it('is the newest over partitions', async () => {
    const february = { ...positionAt(VAN, '10:00', 2), recordedAt: new Date('2026-02-01T00:00:00Z') };
    await recordPositions(test.db, [february, positionAt(VAN, '10:00', 1)]);
    expect(await readLast()).toStrictEqual(['Van 00:00 2']);
  });

  it('is the one before, once the newest is deleted', async () => {
    await recordPositions(test.db, [positionAt(VAN, '10:00', 1), positionAt(VAN, '10:01', 2)]);
    await test.db.query('DELETE FROM tracking_data WHERE latitude = 2');
    expect(await readLast()).toStrictEqual(['Van 10:00 1']);
    await test.db.query('DELETE FROM tracking_data');
    expect(await readLast()).toStrictEqual([]);
  });

  it('follows corrections', async () => {
    await recordPositions(test.db, [positionAt(VAN, '10:00', 1), positionAt(VAN, '10:01', 2)]);
    await test.db.query('UPDATE tracking_data SET latitude = 5 WHERE latitude = 2');
    expect(await readLast()).toStrictEqual(['Van 10:01 5']);
    await test.db.query(`UPDATE tracking_data SET recorded_at = '2026-01-10T09:00:00Z' WHERE latitude = 5`);
    expect(await readLast()).toStrictEqual(['Van 10:00 1']);
    await test.db.query('UPDATE tracking_data SET vehicle_id = $1 WHERE latitude = 1', [LORRY]);
    expect(await readLast()).toStrictEqual(['Lorry 10:00 1', 'Van 09:00 5']);
  });

  it('goes with its vehicle, and with TRUNCATE', async () => {
    await recordPositions(test.db, [positionAt(VAN, '10:00', 1), positionAt(LORRY, '10:00', 2)]);
    await test.db.query('DELETE FROM vehicles WHERE id = $1', [VAN]);
    expect(await readLast()).toStrictEqual(['Lorry 10:00 2']);
    await test.db.query('TRUNCATE tracking_data');
    expect(await readLast()).toStrictEqual([]);
  });

  it('is the newest of all when many load the same vehicles at once', async () => {
    const batches = Array.from({ length: 20 }, (_, batch) =>
      [VAN, LORRY].flatMap((vehicleId) =>
        Array.from({ length: 30 }, (__, minute) =>
          positionAt(
            vehicleId,
            `${String((batch * 7) % 20).padStart(2, '0')}:${String(minute).padStart(2, '0')}`,
            batch,
          ),
        ),
      ),
    );
    await Promise.all(
      batches.map((positions, index) => recordPositions(test.db, index % 2 ? positions : positions.toReversed())),
    );
    // The 17th batch is the one whose hour is 19: 17 × 7 = 119.
    expect(await readLast()).toStrictEqual(['Lorry 19:29 17', 'Van 19:29 17']);
  });
});

describe('importPositions', () => {
  it('loads all or none', async () => {
    const positions = [positionAt(VAN, '10:00'), positionAt(VAN, '10:00')];
    await expect(importPositions(test.db, positions)).rejects.toMatchObject({ code: '23505' });
    expect((await test.db.query('SELECT 1 FROM tracking_data')).rowCount).toBe(0);
  });
});
