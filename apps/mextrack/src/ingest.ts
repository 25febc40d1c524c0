import { AtrizError, copyRows } from '@atriz/database';
import { recordPositions, type Position } from './positions.ts';
import type { UserTransaction } from './user-transaction.ts';
import { holdVehicle } from './user-vehicles.ts';

/** A position of a vehicle that is known from elsewhere. */
export type NewPosition = Omit<Position, 'vehicleId'>;

/** Below so many, the round trips of COPY would cost more than the arrays of one statement. */
const LEAST_FOR_COPY = 100;
/** Nothing was tracked before; a device whose clock was never set says 1970. */
const EARLIEST_MS = Date.UTC(2000, 0, 1);
const DAY_MS = 24 * 60 * 60 * 1000;

/** One for each connection, empty outside a transaction: COPY cannot write to a table with row-level security. */
const CREATE_INCOMING = `
  CREATE TEMPORARY TABLE IF NOT EXISTS incoming_positions (
    recorded_at timestamptz NOT NULL,
    latitude double precision NOT NULL,
    longitude double precision NOT NULL,
    speed_kmh double precision,
    heading_degrees double precision,
    odometer_m bigint
  ) ON COMMIT DELETE ROWS`;
const COLUMNS = ['recorded_at', 'latitude', 'longitude', 'speed_kmh', 'heading_degrees', 'odometer_m'] as const;

/** In time's order, so that the same batch sent twice at once waits and does not deadlock. */
const INSERT_INCOMING = `
  INSERT INTO tracking_data (vehicle_id, ${COLUMNS.join(', ')})
  SELECT $1, ${COLUMNS.join(', ')}
  FROM pg_temp.incoming_positions
  ORDER BY recorded_at
  ON CONFLICT DO NOTHING`;

/**
 * Keeps what a vehicle's device sends, in any order, and resolves to how many positions were new: one of a moment that is
 * known is left as it is. All are kept or none. Many go through COPY.
 *
 * Rejects with `NOT_FOUND` when the vehicle is not the user's.
 */
export async function addPositions(
  user: UserTransaction,
  vehicleId: string,
  positions: readonly NewPosition[],
): Promise<number> {
  await holdVehicle(user, vehicleId);
  if (positions.length < LEAST_FOR_COPY) {
    return recordPositions(
      user.client,
      positions.map((position) => ({ ...position, vehicleId })),
    );
  }
  await user.client.query(CREATE_INCOMING);
  await copyRows(
    user.client,
    { schema: 'pg_temp', table: 'incoming_positions', columns: COLUMNS },
    positions.map(({ recordedAt, latitude, longitude, speedKmh, headingDegrees, odometerM }) => [
      recordedAt,
      latitude,
      longitude,
      speedKmh,
      headingDegrees,
      odometerM,
    ]),
  );
  const { rowCount } = await user.client.query(INSERT_INCOMING, [vehicleId]);
  return rowCount ?? 0;
}

/**
 * Throws `REQUEST_INVALID` for a position of before 2000 or more than a day ahead of `now`: one of the far future would
 * stay the newest for years.
 */
export function assertPlausible(positions: readonly NewPosition[], now: Date): void {
  const latestMs = now.getTime() + DAY_MS;
  const index = positions.findIndex(({ recordedAt }) => {
    const at = recordedAt.getTime();
    return at < EARLIEST_MS || at > latestMs;
  });
  if (index === -1) return;
  const at = positions[index]!.recordedAt.toISOString();
  throw new AtrizError('REQUEST_INVALID', `position ${index} is of ${at}: before 2000, or more than a day ahead`, {
    hint: "set the device's clock",
  });
}
