-- Up Migration
-- Takes the question whether a point is within a geofence apart, so that it can be asked of many points: a function that
-- PostgreSQL puts in place of its call, and a ring that is read once and not once for every point.
-- Lock: none on tables; functions only.

CREATE FUNCTION ring_of(corners jsonb) RETURNS polygon
LANGUAGE sql
IMMUTABLE
PARALLEL SAFE
RETURN (
  SELECT ('(' || string_agg(format('(%s,%s)', corner ->> 0, corner ->> 1), ',' ORDER BY place) || ')')::polygon
  FROM jsonb_array_elements(corners) WITH ORDINALITY AS ring (corner, place)
);

CREATE FUNCTION circle_contains(
  center_latitude double precision,
  center_longitude double precision,
  radius_m double precision,
  latitude double precision,
  longitude double precision
) RETURNS boolean
LANGUAGE sql
IMMUTABLE
PARALLEL SAFE
-- A degree of latitude is a little more than 111 195 m: what is too far north or south is seen without trigonometry.
RETURN abs(latitude - center_latitude) * 111195 <= radius_m
  AND 2 * 6371008.8 * asin(sqrt(least(1,
    sind((latitude - center_latitude) / 2) ^ 2
    + cosd(center_latitude) * cosd(latitude) * sind((longitude - center_longitude) / 2) ^ 2
  ))) <= radius_m;

CREATE FUNCTION ring_contains(ring polygon, latitude double precision, longitude double precision) RETURNS boolean
LANGUAGE sql
IMMUTABLE
PARALLEL SAFE
RETURN box(ring) @> point(longitude, latitude) AND ring @> point(longitude, latitude);

CREATE OR REPLACE FUNCTION geofence_contains(geofence geofences, latitude double precision, longitude double precision)
RETURNS boolean
LANGUAGE sql
IMMUTABLE
AS $$
  SELECT CASE geofence.shape
    WHEN 'circle' THEN
      circle_contains(geofence.center_latitude, geofence.center_longitude, geofence.radius_m, latitude, longitude)
    ELSE ring_contains(ring_of(geofence.polygon), latitude, longitude)
  END
$$;

COMMENT ON FUNCTION ring_of(jsonb) IS 'The corners of a geofence, each [longitude, latitude], as a polygon of PostgreSQL.';
COMMENT ON FUNCTION circle_contains(double precision, double precision, double precision, double precision, double precision)
  IS 'Whether a point lies within a circle, its edge included, on a sphere of the Earth''s mean radius, 6371008.8 m.';
COMMENT ON FUNCTION ring_contains(polygon, double precision, double precision) IS
  'Whether a point lies within a ring, its edge included, on the flat map of degrees.';

-- Down Migration
-- Puts the question back into one function.
-- Lock: none on tables.

CREATE OR REPLACE FUNCTION geofence_contains(geofence geofences, latitude double precision, longitude double precision)
RETURNS boolean
LANGUAGE sql
IMMUTABLE
AS $$
  SELECT CASE geofence.shape
    WHEN 'circle' THEN
      2 * 6371008.8 * asin(sqrt(least(1,
        sind((latitude - geofence.center_latitude) / 2) ^ 2
        + cosd(geofence.center_latitude) * cosd(latitude) * sind((longitude - geofence.center_longitude) / 2) ^ 2
      ))) <= geofence.radius_m
    ELSE (
      SELECT ('(' || string_agg(format('(%s,%s)', corner ->> 0, corner ->> 1), ',' ORDER BY place) || ')')::polygon
        @> point(longitude, latitude)
      FROM jsonb_array_elements(geofence.polygon) WITH ORDINALITY AS ring (corner, place)
    )
  END
$$;

DROP FUNCTION ring_contains(polygon, double precision, double precision);
DROP FUNCTION circle_contains(double precision, double precision, double precision, double precision, double precision);
DROP FUNCTION ring_of(jsonb);
