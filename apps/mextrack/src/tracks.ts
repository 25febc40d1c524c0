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
 * A span thinned to at most `points` positions, oldest first. Where there are no more, all of them; else the time from
 * the first to the last is cut into `points` - 1 equal stretches, of each the first position is taken, and the last of
 * all. What it costs depends on `points`, and not on how many positions there are. Pages of the same span and `points`
 * fit together as long as no position comes in between.
 */
export async function readThinnedTrack(
  user: UserTransaction,
  { points, ...span }: TrackSpan & { readonly points: number },
  page: TrackPage,
): Promise<TrackPosition[]> {
  const { count, first, last } = await readExtent(user, span, points);
  if (count <= points) return readPositions(user, span, page);
  return readStretches(user, { ...span, from: first }, { stretches: points - 1, last, ...page });
}

interface Extent {
  /** Of the positions, but counted to one above `points` only. */
  readonly count: number;
  readonly first: Date;
  readonly last: Date;
}

async function readExtent(
  { client, userId }: UserTransaction,
  { vehicleId, from, to }: TrackSpan,
  points: number,
): Promise<Extent> {
  const { rows } = await client.query<Extent>(
    `SELECT (SELECT count(*)::integer FROM (SELECT ${IN_SPAN} LIMIT $5::integer + 1) AS counted) AS count,
       (SELECT recorded_at ${IN_SPAN} ORDER BY recorded_at LIMIT 1) AS first,
       (SELECT recorded_at ${IN_SPAN} ORDER BY recorded_at DESC LIMIT 1) AS last`,
    [userId, vehicleId, from, to, points],
  );
  return rows[0]!;
}

async function readStretches(
  { client, userId }: UserTransaction,
  { vehicleId, from, to }: TrackSpan,
  { stretches, last, limit, after }: TrackPage & { readonly stretches: number; readonly last: Date },
): Promise<TrackPosition[]> {
  const seconds = Math.max(1, last.getTime() - from.getTime()) / 1000 / stretches;
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
