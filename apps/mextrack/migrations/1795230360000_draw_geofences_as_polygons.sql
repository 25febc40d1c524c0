-- Up Migration
-- A geofence may be a polygon too: a shape, and either a circle's columns or a ring of points, never a mixture.
-- Lock: ACCESS EXCLUSIVE on geofences, for one reading of the table.

CREATE FUNCTION is_polygon(ring jsonb) RETURNS boolean
LANGUAGE sql
IMMUTABLE
AS $$
  SELECT CASE
    WHEN jsonb_typeof(ring) <> 'array' THEN false
    WHEN jsonb_array_length(ring) NOT BETWEEN 3 AND 1000 THEN false
    ELSE (
      SELECT bool_and(
        CASE
          WHEN jsonb_typeof(point) <> 'array' THEN false
          WHEN jsonb_array_length(point) <> 2 THEN false
          WHEN jsonb_typeof(point -> 0) <> 'number' OR jsonb_typeof(point -> 1) <> 'number' THEN false
          ELSE (point ->> 0)::numeric BETWEEN -180 AND 180 AND (point ->> 1)::numeric BETWEEN -90 AND 90
        END
      )
      FROM jsonb_array_elements(ring) AS point
    )
  END
$$;

COMMENT ON FUNCTION is_polygon(jsonb) IS
  'True for a ring of 3 to 1000 points, each [longitude, latitude] in degrees within the range of the Earth.';

-- The circles that exist keep their meaning; new rows have to name their shape.
ALTER TABLE geofences
  ADD COLUMN shape text NOT NULL DEFAULT 'circle',
  ADD COLUMN polygon jsonb,
  ALTER COLUMN center_latitude DROP NOT NULL,
  ALTER COLUMN center_longitude DROP NOT NULL,
  ALTER COLUMN radius_m DROP NOT NULL,
  ADD CONSTRAINT geofences_shape_check CHECK (shape IN ('circle', 'polygon')),
  ADD CONSTRAINT geofences_circle_check CHECK (
    (shape = 'circle') = (center_latitude IS NOT NULL AND center_longitude IS NOT NULL AND radius_m IS NOT NULL)
  ),
  ADD CONSTRAINT geofences_no_half_circle_check CHECK (
    shape = 'circle' OR (center_latitude IS NULL AND center_longitude IS NULL AND radius_m IS NULL)
  ),
  ADD CONSTRAINT geofences_polygon_check CHECK (
    CASE shape WHEN 'polygon' THEN polygon IS NOT NULL AND is_polygon(polygon) ELSE polygon IS NULL END
  );
ALTER TABLE geofences ALTER COLUMN shape DROP DEFAULT;

CREATE FUNCTION geofence_contains(geofence geofences, latitude double precision, longitude double precision)
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

COMMENT ON COLUMN geofences.shape IS 'circle (center and radius_m) or polygon (polygon).';
COMMENT ON COLUMN geofences.polygon IS
  'The corners in order, each [longitude, latitude] as in GeoJSON, 3 to 1000 of them; the last joins the first.';
COMMENT ON FUNCTION geofence_contains(geofences, double precision, double precision) IS
  'Whether the point lies within the geofence, its edge included. Circles are measured on a sphere of the Earth''s mean '
  'radius, 6371008.8 m; polygons on the flat map of degrees, so none may cross the meridian of 180 degrees.';

-- Down Migration
-- Takes polygons away. The former table has no place for them: geofences that are polygons are deleted.
-- Lock: ACCESS EXCLUSIVE on geofences, for one reading of the table.

DROP FUNCTION geofence_contains(geofences, double precision, double precision);

DELETE FROM geofences WHERE shape = 'polygon';

ALTER TABLE geofences
  DROP CONSTRAINT geofences_polygon_check,
  DROP CONSTRAINT geofences_no_half_circle_check,
  DROP CONSTRAINT geofences_circle_check,
  ALTER COLUMN radius_m SET NOT NULL,
  ALTER COLUMN center_longitude SET NOT NULL,
  ALTER COLUMN center_latitude SET NOT NULL,
  DROP COLUMN polygon,
  DROP COLUMN shape;

DROP FUNCTION is_polygon(jsonb);
