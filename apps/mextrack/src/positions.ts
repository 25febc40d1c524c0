import { copyRows, withTransaction, type DatabasePool } from '@atriz/database';
import type { TrackingData } from './schema.ts';

export interface Position {
  readonly vehicleId: string;
  readonly recordedAt: Date;
  /** Degrees north. */
  readonly latitude: number;
  /** Degrees east. */
  readonly longitude: number;
  readonly speedKmh?: number | undefined;
  /** Clockwise from north, below 360. */
  readonly headingDegrees?: number | undefined;
  readonly odometerM?: number | undefined;
}

const COLUMNS = [
  'vehicle_id',
  'recorded_at',
  'latitude',
  'longitude',
  'speed_kmh',
  'heading_degrees',
  'odometer_m',
] as const satisfies readonly (keyof TrackingData)[];

/**
 * Keeps what devices send, in any order, and resolves to how many positions were new: one that is there already (the
 * same vehicle at the same moment) is left as it is, so a device may send again what it is not sure of.
 *
 * All are kept or none. They go in by vehicle and moment, so that the same batch sent twice at once does not deadlock.
 * Rejects with 23503 for a vehicle that does not exist, with 23514 for a place off the Earth.
 */
export async function recordPositions(
  db: Pick<DatabasePool, 'query'>,
  positions: readonly Position[],
): Promise<number> {
  const { rowCount } = await db.query(
    `INSERT INTO tracking_data (${COLUMNS.join(', ')})
     SELECT *
     FROM unnest($1::uuid[], $2::timestamptz[], $3::float8[], $4::float8[], $5::float8[], $6::float8[], $7::bigint[])
     ORDER BY 1, 2
     ON CONFLICT DO NOTHING`,
    [
      positions.map(({ vehicleId }) => vehicleId),
      positions.map(({ recordedAt }) => recordedAt),
      positions.map(({ latitude }) => latitude),
      positions.map(({ longitude }) => longitude),
      positions.map(({ speedKmh }) => speedKmh ?? null),
      positions.map(({ headingDegrees }) => headingDegrees ?? null),
      positions.map(({ odometerM }) => odometerM ?? null),
    ],
  );
  return rowCount ?? 0;
}

/**
 * Loads a history of positions through COPY, all or none, with memory that does not grow with their number. Unlike
 * {@link recordPositions} it refuses (23505) a position that is there already.
 */
export async function importPositions(
  db: Pick<DatabasePool, 'pool'>,
  positions: Iterable<Position> | AsyncIterable<Position>,
): Promise<number> {
  return withTransaction(db.pool, async (client) => {
    const { rows } = await copyRows(client, { table: 'tracking_data', columns: COLUMNS }, toRows(positions));
    return rows;
  });
}

async function* toRows(positions: Iterable<Position> | AsyncIterable<Position>) {
  for await (const { vehicleId, recordedAt, latitude, longitude, speedKmh, headingDegrees, odometerM } of positions) {
    yield [vehicleId, recordedAt, latitude, longitude, speedKmh, headingDegrees, odometerM] as const;
  }
}
