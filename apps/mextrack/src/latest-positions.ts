import { createKysely } from '@atriz/database/kysely';
import { notFound } from '@atriz/http';
import type { DB } from './schema.ts';
import type { UserTransaction } from './user-transaction.ts';
import { findVehicle } from './user-vehicles.ts';

export interface LatestPosition {
  readonly vehicleId: string;
  readonly recordedAt: Date;
  readonly latitude: number;
  readonly longitude: number;
  readonly speedKmh: number | null;
  readonly headingDegrees: number | null;
}

function selectLatest({ client, userId }: UserTransaction) {
  return createKysely<DB>(client)
    .selectFrom('vehicle_positions')
    .innerJoin('vehicles', 'vehicles.id', 'vehicle_id')
    .select(['vehicle_id as vehicleId', 'recorded_at as recordedAt', 'latitude', 'longitude'])
    .select(['speed_kmh as speedKmh', 'heading_degrees as headingDegrees'])
    .where('vehicles.user_id', '=', userId);
}

/** Where each vehicle of a user was last, for those that were anywhere: by the vehicle's id, behind `after`. */
export async function listLatestPositions(
  user: UserTransaction,
  { limit, after }: { readonly limit: number; readonly after: string | undefined },
): Promise<LatestPosition[]> {
  let query = selectLatest(user);
  if (after !== undefined) query = query.where('vehicle_id', '>', after);
  return query.orderBy('vehicle_id').limit(limit).execute();
}

/** Rejects with `NOT_FOUND` when the vehicle is not the user's, or has been nowhere yet. */
export async function findLatestPosition(user: UserTransaction, vehicleId: string): Promise<LatestPosition> {
  const found = await selectLatest(user).where('vehicle_id', '=', vehicleId).executeTakeFirst();
  if (found !== undefined) return found;
  await findVehicle(user, vehicleId);
  throw notFound('a position of this vehicle');
}
