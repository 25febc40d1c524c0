import { seedId, type SeedFunction } from '@atriz/database';
import { createKysely } from '@atriz/database/kysely';
import type { Insertable } from 'kysely';
import type { DB, Geofences } from '../src/schema.ts';

const CIRCLE = { owner: 'manager@atriz.dev', name: 'Depot', latitude: 38.72, longitude: -9.14, radiusM: 8000 };
const POLYGON = {
  owner: 'olivia@atriz.dev',
  name: 'Delivery area',
  corners: [
    [-9.1, 38.6],
    [-8.7, 38.6],
    [-8.7, 38.9],
    [-9.1, 38.9],
  ],
};

/** One geofence of each shape, around roads that the seeded vehicles drive. */
const seed: SeedFunction = async (client, { environment, log }) => {
  if (environment === 'production') {
    log('no geofences: their owners are development users, and this is production');
    return;
  }
  const circle: Insertable<Geofences> = {
    id: seedId(`geofence:${CIRCLE.name}`),
    user_id: seedId(`user:${CIRCLE.owner}`),
    name: CIRCLE.name,
    shape: 'circle',
    center_latitude: CIRCLE.latitude,
    center_longitude: CIRCLE.longitude,
    radius_m: CIRCLE.radiusM,
  };
  const polygon: Insertable<Geofences> = {
    id: seedId(`geofence:${POLYGON.name}`),
    user_id: seedId(`user:${POLYGON.owner}`),
    name: POLYGON.name,
    shape: 'polygon',
    polygon: JSON.stringify(POLYGON.corners),
  };
  const db = createKysely<DB>(client);
  await db
    .insertInto('geofences')
    .values([circle, polygon])
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  log('2 geofences');
};

export default seed;
