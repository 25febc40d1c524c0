import type { UserTransaction } from './user-transaction.ts';

export interface GeofenceEvent {
  readonly vehicleId: string;
  readonly geofenceId: string;
  readonly event: 'entered' | 'left';
  readonly recordedAt: Date;
  readonly latitude: number;
  readonly longitude: number;
  readonly foundAt: Date;
  /** `recordedAt` to the microsecond, for the next page. */
  readonly key: string;
}

export interface EventFilter {
  readonly vehicleId?: string;
  readonly geofenceId?: string;
}

export interface EventPage {
  readonly limit: number;
  /** Key, vehicle and geofence of the last event of the page before. */
  readonly after: readonly [key: string, vehicleId: string, geofenceId: string] | undefined;
}

/** When a user's vehicles entered and left geofences, newest first: of one vehicle, or of one geofence. */
export async function listGeofenceEvents(
  { client, userId }: UserTransaction,
  { vehicleId, geofenceId }: EventFilter,
  { limit, after }: EventPage,
): Promise<GeofenceEvent[]> {
  const { rows } = await client.query<GeofenceEvent>(
    `SELECT vehicle_id AS "vehicleId", geofence_id AS "geofenceId", event, recorded_at AS "recordedAt",
       latitude, longitude, found_at AS "foundAt", to_json(recorded_at) #>> '{}' AS key
     FROM geofence_events
     JOIN vehicles ON vehicles.id = geofence_events.vehicle_id AND vehicles.user_id = $1
     WHERE ($2::uuid IS NULL OR vehicle_id = $2)
       AND ($3::uuid IS NULL OR geofence_id = $3)
       AND ($4::timestamptz IS NULL OR (recorded_at, vehicle_id, geofence_id) < ($4, $5::uuid, $6::uuid))
     ORDER BY recorded_at DESC, vehicle_id DESC, geofence_id DESC
     LIMIT $7`,
    [userId, vehicleId, geofenceId, after?.[0], after?.[1], after?.[2], limit],
  );
  return rows;
}
