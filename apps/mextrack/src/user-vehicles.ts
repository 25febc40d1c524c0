import { createKysely } from '@atriz/database/kysely';
import { notFound } from '@atriz/http';
import { sql, type Selectable } from 'kysely';
import { orConflict } from './conflict.ts';
import type { DB, Vehicles } from './schema.ts';
import type { UserTransaction } from './user-transaction.ts';

const COLUMNS = ['id', 'plate', 'name', 'retired_at', 'created_at', 'updated_at'] as const;

type Row = Pick<Selectable<Vehicles>, (typeof COLUMNS)[number]>;

export interface Vehicle {
  readonly id: string;
  readonly plate: string;
  readonly name: string;
  /** Null while it serves. */
  readonly retiredAt: Date | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

export interface VehicleChange {
  readonly plate?: string | undefined;
  readonly name?: string | undefined;
  /** Out of service, from now on unless it is already; or in service again. */
  readonly retired?: boolean | undefined;
}

/** A user's vehicles by name, those out of service too: at most `limit`, behind the name and id of `after`. */
export async function listVehicles(
  { client, userId }: UserTransaction,
  { limit, after }: { readonly limit: number; readonly after: readonly [name: string, id: string] | undefined },
): Promise<Vehicle[]> {
  let query = createKysely<DB>(client).selectFrom('vehicles').select(COLUMNS).where('user_id', '=', userId);
  if (after) query = query.where(({ eb, refTuple, tuple }) => eb(refTuple('name', 'id'), '>', tuple(...after)));
  const rows = await query.orderBy('name').orderBy('id').limit(limit).execute();
  return rows.map(toVehicle);
}

/** Rejects with `CONFLICT` when anybody has a vehicle of this plate, case, spaces and hyphens aside. */
export async function createVehicle(
  { client, userId }: UserTransaction,
  { plate, name }: { readonly plate: string; readonly name: string },
): Promise<Vehicle> {
  const insert = createKysely<DB>(client).insertInto('vehicles').values({ user_id: userId, plate, name });
  return toVehicle(await orConflict(insert.returning(COLUMNS).executeTakeFirstOrThrow(), PLATE_TAKEN));
}

/** Rejects with `NOT_FOUND` for a vehicle that is not the user's, as all that follow. */
export async function findVehicle({ client, userId }: UserTransaction, id: string): Promise<Vehicle> {
  const row = await createKysely<DB>(client)
    .selectFrom('vehicles')
    .select(COLUMNS)
    .where('id', '=', id)
    .where('user_id', '=', userId)
    .executeTakeFirst();
  return toVehicle(orNotFound(row));
}

/** Keeps a vehicle from being deleted until the transaction ends. */
export async function holdVehicle({ client, userId }: UserTransaction, id: string): Promise<void> {
  const row = await createKysely<DB>(client)
    .selectFrom('vehicles')
    .select('id')
    .where('id', '=', id)
    .where('user_id', '=', userId)
    .forKeyShare()
    .executeTakeFirst();
  orNotFound(row);
}

/** Rejects with `CONFLICT` as {@link createVehicle}. */
export async function changeVehicle(
  { client, userId }: UserTransaction,
  id: string,
  { plate, name, retired }: VehicleChange,
): Promise<Vehicle> {
  const retiredAt = retired ? sql<Date>`coalesce(retired_at, now())` : null;
  const update = createKysely<DB>(client)
    .updateTable('vehicles')
    .set({ plate, name, retired_at: retired === undefined ? undefined : retiredAt })
    .where('id', '=', id)
    .where('user_id', '=', userId)
    .returning(COLUMNS);
  return toVehicle(orNotFound(await orConflict(update.executeTakeFirst(), PLATE_TAKEN)));
}

/** Deletes a vehicle with all its positions and events. */
export async function deleteVehicle({ client, userId }: UserTransaction, id: string): Promise<void> {
  const row = await createKysely<DB>(client)
    .deleteFrom('vehicles')
    .where('id', '=', id)
    .where('user_id', '=', userId)
    .returning('id')
    .executeTakeFirst();
  orNotFound(row);
}

const PLATE_TAKEN = { constraint: 'vehicles_plate_key', message: 'there is a vehicle of this plate already' };

function orNotFound<Found>(row: Found | undefined): Found {
  if (row === undefined) throw notFound('this vehicle');
  return row;
}

function toVehicle({ retired_at, created_at, updated_at, ...vehicle }: Row): Vehicle {
  return { ...vehicle, retiredAt: retired_at, createdAt: created_at, updatedAt: updated_at };
}
