import type { DatabasePool } from '@atriz/database';
import type { Selectable } from 'kysely';
import type { Geofences } from './schema.ts';

/** The names of a user's geofences that contain the last position of this vehicle of his, in alphabetical order. */
export async function readGeofencesAround(db: Pick<DatabasePool, 'query'>, vehicleId: string): Promise<string[]> {
  const { rows } = await db.query<Pick<Selectable<Geofences>, 'name'>>(
    `SELECT geofences.name
     FROM vehicles
     JOIN vehicle_positions AS last ON last.vehicle_id = vehicles.id
     JOIN geofences ON geofences.user_id = vehicles.user_id
     WHERE vehicles.id = $1 AND geofence_contains(geofences, last.latitude, last.longitude)
     ORDER BY geofences.name`,
    [vehicleId],
  );
  return rows.map(({ name }) => name);
}
