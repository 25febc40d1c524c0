import { findUserById, type ApplicationPools } from '@atriz/core';
import type { DatabasePool } from '@atriz/database';
import { createKysely } from '@atriz/database/kysely';
import type { DB } from './schema.ts';

export interface LastPosition {
  readonly recordedAt: Date;
  readonly latitude: number;
  readonly longitude: number;
  readonly speedKmh: number | null;
  readonly headingDegrees: number | null;
}

export interface FleetVehicle {
  readonly id: string;
  readonly plate: string;
  readonly name: string;
  /** Undefined until the vehicle has sent its first position. */
  readonly lastPosition: LastPosition | undefined;
}

/** The vehicles in service of a user, by name, each with the last place it was seen at. */
export async function readFleet(db: DatabasePool, userId: string): Promise<FleetVehicle[]> {
  const rows = await createKysely<DB>(db)
    .selectFrom('vehicles')
    .leftJoin('vehicle_positions as last', 'last.vehicle_id', 'vehicles.id')
    .select(['vehicles.id', 'vehicles.plate', 'vehicles.name', 'last.latitude', 'last.longitude'])
    .select(['last.recorded_at as recordedAt', 'last.speed_kmh as speedKmh', 'last.heading_degrees as headingDegrees'])
    .where('vehicles.user_id', '=', userId)
    .where('vehicles.retired_at', 'is', null)
    .orderBy('vehicles.name')
    .orderBy('vehicles.id')
    .execute();
  return rows.map(({ id, plate, name, recordedAt, latitude, longitude, speedKmh, headingDegrees }) => ({
    id,
    plate,
    name,
    lastPosition:
      recordedAt === null || latitude === null || longitude === null
        ? undefined
        : { recordedAt, latitude, longitude, speedKmh, headingDegrees },
  }));
}

export interface VehicleOwner {
  readonly plate: string;
  readonly name: string;
  readonly email: string;
}

/**
 * Whose vehicle this is, asked of both databases. Undefined when no vehicle has the plate (case, spaces and hyphens
 * do not count), or when its owner is not in atriz_shared any more.
 */
export async function findOwnerByPlate(
  { own, shared }: Pick<ApplicationPools, 'own' | 'shared'>,
  plate: string,
): Promise<VehicleOwner | undefined> {
  const { rows } = await own.query<{ plate: string; userId: string }>(
    `SELECT plate, user_id AS "userId"
     FROM vehicles
     WHERE upper(regexp_replace(plate, '[[:space:]-]', '', 'g')) = upper(regexp_replace($1, '[[:space:]-]', '', 'g'))`,
    [plate],
  );
  const vehicle = rows[0];
  const owner = vehicle && (await findUserById(shared, vehicle.userId));
  return owner && { plate: vehicle.plate, name: owner.name, email: owner.email };
}
