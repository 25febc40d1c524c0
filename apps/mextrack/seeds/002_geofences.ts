import { seedId, type SeedFunction } from '@atriz/database';

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
  await client.query(
    `INSERT INTO geofences (id, user_id, name, shape, center_latitude, center_longitude, radius_m)
     VALUES ($1, $2, $3, 'circle', $4, $5, $6)
     ON CONFLICT DO NOTHING`,
    [
      seedId(`geofence:${CIRCLE.name}`),
      seedId(`user:${CIRCLE.owner}`),
      CIRCLE.name,
      CIRCLE.latitude,
      CIRCLE.longitude,
      CIRCLE.radiusM,
    ],
  );
  await client.query(
    `INSERT INTO geofences (id, user_id, name, shape, polygon)
     VALUES ($1, $2, $3, 'polygon', $4)
     ON CONFLICT DO NOTHING`,
    [
      seedId(`geofence:${POLYGON.name}`),
      seedId(`user:${POLYGON.owner}`),
      POLYGON.name,
      JSON.stringify(POLYGON.corners),
    ],
  );
  log('2 geofences');
};

export default seed;
