import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openSharedTestDatabase, openTestDatabase, type TestDatabase } from '../test/database.ts';
import { insertVehicles, LORRY, OWNER, positionAt, VAN } from '../test/vehicles.ts';
import { recordPositions } from './positions.ts';
import { findOwnerByPlate, readFleet } from './vehicles.ts';

const GHOST = '99999999-9999-4999-8999-999999999999';
let own: TestDatabase;
let shared: TestDatabase;

beforeAll(async () => {
  own = await openTestDatabase();
  shared = await openSharedTestDatabase();
  await shared.db.query(
    `INSERT INTO users (id, email, password_hash, name) VALUES ($1, 'mara@example.com', 'hash', 'Mara')`,
    [OWNER],
  );
  await insertVehicles(own.db);
  await recordPositions(own.db, [positionAt(VAN, '10:00', 38.7)]);
  await own.db.query(
    `INSERT INTO vehicles (user_id, plate, name, retired_at) VALUES ($1, 'OLD 1', 'Old van', now()), ($2, 'GHOST 1', 'Ghost', NULL)`,
    [OWNER, GHOST],
  );
});
afterAll(async () => {
  await own[Symbol.asyncDispose]();
  await shared[Symbol.asyncDispose]();
});

const find = (plate: string) => findOwnerByPlate({ own: own.db, shared: shared.db }, plate);

describe('readFleet', () => {
  it('reads the vehicles in service, by name, with the last position of those that have one', async () => {
    expect(await readFleet(own.db, OWNER)).toStrictEqual([
      { id: LORRY, plate: 'AT-02-MX', name: 'Lorry', lastPosition: undefined },
      {
        id: VAN,
        plate: 'AT-01-MX',
        name: 'Van',
        lastPosition: {
          recordedAt: new Date('2026-01-10T10:00:00Z'),
          latitude: 38.7,
          longitude: 0,
          speedKmh: null,
          headingDegrees: null,
        },
      },
    ]);
  });
});

describe('findOwnerByPlate', () => {
  it('finds the owner, however the plate is written', async () => {
    expect(await find('at 01mx')).toStrictEqual({ plate: 'AT-01-MX', name: 'Mara', email: 'mara@example.com' });
  });

  it('finds nobody for a plate that no vehicle has', async () => {
    expect(await find('XX-00-XX')).toBeUndefined();
  });

  it('finds nobody for an owner whom atriz_shared does not know', async () => {
    expect(await find('GHOST 1')).toBeUndefined();
  });
});

describe('the table vehicles', () => {
  it('refuses a plate that differs from another in case, spaces and hyphens alone', async () => {
    const query = `INSERT INTO vehicles (user_id, plate, name) VALUES ($1, 'at 01 mx', 'Copy')`;
    await expect(own.db.query(query, [OWNER])).rejects.toMatchObject({
      code: '23505',
      constraint: 'vehicles_plate_key',
    });
  });

  it.each(['', ' ', '--'])('refuses the plate "%s"', async (plate) => {
    const query = `INSERT INTO vehicles (user_id, plate, name) VALUES ($1, $2, 'None')`;
    await expect(own.db.query(query, [OWNER, plate])).rejects.toMatchObject({ constraint: 'vehicles_plate_check' });
  });
});
