import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestDatabase, type TestDatabase } from '../test/database.ts';
import { insertVehicles, OWNER, positionAt, VAN } from '../test/vehicles.ts';
import { readGeofencesAround } from './geofences.ts';
import { recordPositions } from './positions.ts';

const INSERT = `
  INSERT INTO geofences (user_id, name, shape, center_latitude, center_longitude, radius_m, polygon)
  VALUES ($1, $2, $3, $4, $5, $6, $7)`;
const OTHER = '22222222-2222-4222-8222-222222222222';
const SQUARE = [
  [-1, -1],
  [1, -1],
  [1, 1],
  [-1, 1],
];
/** A square with a notch cut out of its right side, to the middle. */
const NOTCHED = [
  [-1, -1],
  [1, -1],
  [0.2, 0],
  [1, 1],
  [-1, 1],
];
let test: TestDatabase;

beforeAll(async () => {
  test = await openTestDatabase();
  await insertVehicles(test.db);
  // A degree of latitude is 111 195 m on this sphere.
  await test.db.query(INSERT, [OWNER, 'near circle', 'circle', 1, 0, 111_196, null]);
  await test.db.query(INSERT, [OWNER, 'small circle', 'circle', 1, 0, 111_194, null]);
  await test.db.query(INSERT, [OWNER, 'square', 'polygon', null, null, null, JSON.stringify(SQUARE)]);
  await test.db.query(INSERT, [OWNER, 'notched', 'polygon', null, null, null, JSON.stringify(NOTCHED)]);
  await test.db.query(INSERT, [OTHER, 'of another', 'circle', 0, 0, 1000, null]);
});
afterAll(() => test[Symbol.asyncDispose]());

describe('readGeofencesAround', () => {
  it('is empty before the first position', async () => {
    expect(await readGeofencesAround(test.db, VAN)).toStrictEqual([]);
  });

  it('names the owner’s circles and polygons that contain the last position', async () => {
    await recordPositions(test.db, [positionAt(VAN, '10:00', 0)]);
    expect(await readGeofencesAround(test.db, VAN)).toStrictEqual(['near circle', 'notched', 'square']);
  });

  it('sees the notch of a polygon', async () => {
    await recordPositions(test.db, [{ ...positionAt(VAN, '10:01', 0), longitude: 0.5 }]);
    expect(await readGeofencesAround(test.db, VAN)).toStrictEqual(['square']);
  });
});

describe('the table geofences', () => {
  it.each([
    ['a circle without a radius', ['circle', 0, 0, null, null], 'geofences_circle_check'],
    ['a circle with a polygon', ['circle', 0, 0, 1, JSON.stringify(SQUARE)], 'geofences_polygon_check'],
    ['a circle of no size', ['circle', 0, 0, 0, null], 'geofences_radius_m_check'],
    ['a circle beyond the pole', ['circle', 91, 0, 1, null], 'geofences_center_latitude_check'],
    ['a polygon without corners', ['polygon', null, null, null, null], 'geofences_polygon_check'],
    [
      'a polygon with half a circle',
      ['polygon', 0, null, null, JSON.stringify(SQUARE)],
      'geofences_no_half_circle_check',
    ],
    ['another shape', ['blob', null, null, null, null], 'geofences_shape_check'],
  ])('refuses %s', async (_, values, constraint) => {
    await expect(test.db.query(INSERT, [OWNER, 'new', ...values])).rejects.toMatchObject({ code: '23514', constraint });
  });

  it.each([
    '{}',
    'null',
    '[]',
    '[[0,0],[1,1]]',
    '[[0,0],[1,1],2]',
    '[[0,0],[1,1],[2]]',
    '[[0,0],[1,1],[2,2,2]]',
    '[[0,0],[1,1],["2","2"]]',
    '[[0,0],[1,1],[181,0]]',
    '[[0,0],[1,1],[0,91]]',
  ])('refuses the polygon %s', async (polygon) => {
    const values = [OWNER, 'new', 'polygon', null, null, null, polygon];
    await expect(test.db.query(INSERT, values)).rejects.toMatchObject({ constraint: 'geofences_polygon_check' });
  });
});
