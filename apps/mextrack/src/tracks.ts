import type { UserTransaction } from './user-transaction.ts';

/** A position as a client sees it. */
export interface TrackPosition {
  readonly recordedAt: Date;
  readonly latitude: number;
  readonly longitude: number;
  readonly speedKmh: number | null;
  readonly headingDegrees: number | null;
  readonly odometerM: number | null;
  /** `recordedAt` to the microsecond, for the next page. */
  readonly key: string;
}

export interface TrackSpan {
  readonly vehicleId: string;
  readonly from: Date;
  /** The first moment that does not belong to it. */
  readonly to: Date;
}

export interface TrackPage {
  readonly limit: number;
  /** The `key` of the last position of the page before. */
  readonly after: string | undefined;
}

const COLUMNS = `
  recorded_at AS "recordedAt", latitude, longitude, speed_kmh AS "speedKmh", heading_degrees AS "headingDegrees",
  odometer_m::float8 AS "odometerM", to_json(recorded_at) #>> '{}' AS key`;

const IN_SPAN = `
  FROM tracking_data
  JOIN vehicles ON vehicles.id = tracking_data.vehicle_id AND vehicles.user_id = $1
  WHERE vehicle_id = $2 AND recorded_at >= $3 AND recorded_at < $4`;

/** Every position of a span, oldest first. Reads the partitions of those months only. */
export async function readPositions(
  { client, userId }: UserTransaction,
  { vehicleId, from, to }: TrackSpan,
  { limit, after }: TrackPage,
): Promise<TrackPosition[]> {
  const { rows } = await client.query<TrackPosition>(
    `SELECT ${COLUMNS} ${IN_SPAN} AND ($5::timestamptz IS NULL OR recorded_at > $5)
     ORDER BY recorded_at
     LIMIT $6`,
    [userId, vehicleId, from, to, after, limit],
  );
  return rows;
}

/**
 * A span thinned to at most `points` positions, oldest first: the span is cut into `points` - 1 equal stretches of time,
 * of each the first position is taken, and the last position of all. What it costs depends on `points`, and not on how
 * many positions there are. Pages of the same span and `points` fit together.
 */
export async function readThinnedTrack(
  { client, userId }: UserTransaction,
  { vehicleId, from, to, points }: TrackSpan & { readonly points: number },
  { limit, after }: TrackPage,
): Promise<TrackPosition[]> {
  const stretches = points - 1;
  const seconds = (to.getTime() - from.getTime()) / 1000 / stretches;
  const { rows } = await client.query<TrackPosition>(
    `SELECT track.*
     FROM (
       SELECT first.*
       FROM generate_series(
         greatest(0, floor(extract(epoch FROM $5::timestamptz - $3) / $8) - 1)::integer, $7::integer - 1
       ) AS stretch
       CROSS JOIN LATERAL (
         SELECT ${COLUMNS} ${IN_SPAN}
           AND recorded_at >= $3 + make_interval(secs => stretch * $8::float8)
           AND recorded_at < $3 + make_interval(secs => (stretch + 1) * $8::float8)
         ORDER BY recorded_at
         LIMIT 1
       ) AS first
       UNION
       (SELECT ${COLUMNS} ${IN_SPAN} ORDER BY recorded_at DESC LIMIT 1)
     ) AS track
     WHERE $5::timestamptz IS NULL OR track.key::timestamptz > $5
     ORDER BY track.key::timestamptz
     LIMIT $6`,
    [userId, vehicleId, from, to, after, limit, stretches, seconds],
  );
  return rows;
}
