import { createKysely } from '@atriz/database/kysely';
import { notFound } from '@atriz/http';
import type { Selectable } from 'kysely';
import { orConflict } from './conflict.ts';
import type { DB, Geofences } from './schema.ts';
import type { UserTransaction } from './user-transaction.ts';

export interface Place {
  readonly latitude: number;
  readonly longitude: number;
}

/** A circle, or a ring of corners whose last joins the first. */
export type Area =
  | { readonly shape: 'circle'; readonly center: Place; readonly radiusM: number }
  | { readonly shape: 'polygon'; readonly corners: Place[] };

export type NewGeofence = { readonly name: string } & Area;

export type Geofence = NewGeofence & { readonly id: string; readonly createdAt: Date; readonly updatedAt: Date };

/** A user's geofences by name: at most `limit`, behind the name and id of `after`. */
export async function listGeofences(
  { client, userId }: UserTransaction,
  { limit, after }: { readonly limit: number; readonly after: readonly [name: string, id: string] | undefined },
): Promise<Geofence[]> {
  let query = createKysely<DB>(client).selectFrom('geofences').selectAll().where('user_id', '=', userId);
  if (after) query = query.where(({ eb, refTuple, tuple }) => eb(refTuple('name', 'id'), '>', tuple(...after)));
  const rows = await query.orderBy('name').orderBy('id').limit(limit).execute();
  return rows.map(toGeofence);
}

/** Rejects with `CONFLICT` when the user has a geofence of this name. */
export async function createGeofence({ client, userId }: UserTransaction, made: NewGeofence): Promise<Geofence> {
  const insert = createKysely<DB>(client)
    .insertInto('geofences')
    .values({ user_id: userId, ...toColumns(made) });
  return toGeofence(await orConflict(insert.returningAll().executeTakeFirstOrThrow(), NAME_TAKEN));
}

/** Rejects with `NOT_FOUND` for a geofence that is not the user's, as all that follow. */
export async function findGeofence({ client, userId }: UserTransaction, id: string): Promise<Geofence> {
  const row = await createKysely<DB>(client)
    .selectFrom('geofences')
    .selectAll()
    .where('id', '=', id)
    .where('user_id', '=', userId)
    .executeTakeFirst();
  return toGeofence(orNotFound(row));
}

/** Puts another name and area in place of a geofence's; its events stay. Rejects with `CONFLICT` as {@link createGeofence}. */
export async function replaceGeofence(
  { client, userId }: UserTransaction,
  id: string,
  changed: NewGeofence,
): Promise<Geofence> {
  const update = createKysely<DB>(client)
    .updateTable('geofences')
    .set(toColumns(changed))
    .where('id', '=', id)
    .where('user_id', '=', userId)
    .returningAll();
  return toGeofence(orNotFound(await orConflict(update.executeTakeFirst(), NAME_TAKEN)));
}

/** Deletes a geofence with its events. */
export async function deleteGeofence({ client, userId }: UserTransaction, id: string): Promise<void> {
  const row = await createKysely<DB>(client)
    .deleteFrom('geofences')
    .where('id', '=', id)
    .where('user_id', '=', userId)
    .returning('id')
    .executeTakeFirst();
  orNotFound(row);
}

const NAME_TAKEN = { constraint: 'geofences_user_id_name_key', message: 'you have a geofence of this name already' };

function orNotFound<Found>(row: Found | undefined): Found {
  if (row === undefined) throw notFound('this geofence');
  return row;
}

function toColumns(geofence: NewGeofence) {
  const { name, shape } = geofence;
  if (shape === 'circle') {
    const { center, radiusM } = geofence;
    const { latitude, longitude } = center;
    return { name, shape, center_latitude: latitude, center_longitude: longitude, radius_m: radiusM, polygon: null };
  }
  const polygon = JSON.stringify(geofence.corners.map(({ latitude, longitude }) => [longitude, latitude]));
  return { name, shape, center_latitude: null, center_longitude: null, radius_m: null, polygon };
}

/** The table's checks hold that a circle has a center and a radius, and a polygon its corners. */
function toGeofence(row: Selectable<Geofences>): Geofence {
  const { id, name, created_at: createdAt, updated_at: updatedAt } = row;
  const rest = { id, name, createdAt, updatedAt };
  if (row.shape === 'circle') {
    const center = { latitude: row.center_latitude!, longitude: row.center_longitude! };
    return { ...rest, shape: 'circle', center, radiusM: row.radius_m! };
  }
  const corners = (row.polygon as [number, number][]).map(([longitude, latitude]) => ({ latitude, longitude }));
  return { ...rest, shape: 'polygon', corners };
}
