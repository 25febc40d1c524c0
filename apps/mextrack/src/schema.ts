/**
 * The tables of mextrack_db, as its migrations make them, for Kysely. Generated: do not edit, but migrate, and run
 * `pnpm db:generate`.
 *
 * Made from migrations: ab1e82e4d7a2e987e4f0964e7cc151b8da03af149cc84de123917bd74e876068
 */
import type { ColumnType } from 'kysely';

export type Generated<T> =
  T extends ColumnType<infer S, infer I, infer U> ? ColumnType<S, I | undefined, U> : ColumnType<T, T | undefined, T>;

export type Int8 = ColumnType<string, bigint | number | string, bigint | number | string>;

/** Give an array as JSON text: pg would write a JavaScript array as one of PostgreSQL's. */
export type Json = ColumnType<
  JsonValue,
  JsonObject | boolean | number | string,
  JsonObject | boolean | number | string
>;

export type JsonArray = JsonValue[];

export type JsonObject = {
  [x: string]: JsonValue | undefined;
};

export type JsonPrimitive = boolean | null | number | string;

export type JsonValue = JsonArray | JsonObject | JsonPrimitive;

export type Timestamp = ColumnType<Date, Date | string, Date | string>;

export interface GeofenceEvents {
  vehicle_id: string;
  /** Of the first position inside, or of the first one outside again. */
  recorded_at: Timestamp;
  geofence_id: string;
  /** entered or left. */
  event: string;
  /** Degrees north, of that position. */
  latitude: number;
  /** Degrees east, of that position. */
  longitude: number;
  /** When the position arrived that it was found by; later than recorded_at. */
  found_at: Generated<Timestamp>;
}

export interface Geofences {
  id: Generated<string>;
  /** Cross-database reference: users.id of atriz_shared, the owner; indexed by the unique key on (user_id, name). */
  user_id: string;
  name: string;
  /** Degrees north, WGS 84. */
  center_latitude: number | null;
  /** Degrees east, WGS 84. */
  center_longitude: number | null;
  /** Metres along the ground. */
  radius_m: number | null;
  created_at: Generated<Timestamp>;
  updated_at: Generated<Timestamp>;
  /** circle (center and radius_m) or polygon (polygon). */
  shape: string;
  /** The corners in order, each [longitude, latitude] as in GeoJSON, 3 to 1000 of them; the last joins the first. */
  polygon: Json | null;
}

export interface TrackingData {
  vehicle_id: string;
  /** When the device took the position; it may arrive much later, and out of order. */
  recorded_at: Timestamp;
  /** Degrees north, WGS 84. */
  latitude: number;
  /** Degrees east, WGS 84. */
  longitude: number;
  /** Kilometres an hour; null when the device did not say. */
  speed_kmh: number | null;
  /** Clockwise from north, below 360; null when the device did not say. */
  heading_degrees: number | null;
  /** When the position reached the database. */
  received_at: Generated<Timestamp>;
  /** Metres that the vehicle has driven in its life; null when the device did not say. */
  odometer_m: Int8 | null;
}

export interface VehiclePositions {
  vehicle_id: string;
  /** The greatest recorded_at of the vehicle. */
  recorded_at: Timestamp;
  latitude: number;
  longitude: number;
  speed_kmh: number | null;
  heading_degrees: number | null;
}

export interface Vehicles {
  id: Generated<string>;
  /** Cross-database reference: users.id of atriz_shared, the owner. */
  user_id: string;
  /** Registration plate as it is written on the vehicle; unique without regard to case, spaces and hyphens. */
  plate: string;
  name: string;
  created_at: Generated<Timestamp>;
  updated_at: Generated<Timestamp>;
  /** When the vehicle went out of service; null while it serves. */
  retired_at: Timestamp | null;
}

export interface DB {
  geofence_events: GeofenceEvents;
  geofences: Geofences;
  tracking_data: TrackingData;
  vehicle_positions: VehiclePositions;
  vehicles: Vehicles;
}
