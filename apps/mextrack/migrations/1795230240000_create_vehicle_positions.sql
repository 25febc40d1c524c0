-- Up Migration
-- The last known position of each vehicle, kept by statement triggers on tracking_data: right for single rows and for
-- COPY, in whatever order positions arrive, and after corrections and deletions.
-- Lock: SHARE ROW EXCLUSIVE on vehicles (foreign key) and tracking_data (triggers), while existing positions are read.

CREATE TABLE vehicle_positions (
  vehicle_id uuid NOT NULL,
  recorded_at timestamptz NOT NULL,
  latitude double precision NOT NULL,
  longitude double precision NOT NULL,
  speed_kmh double precision,
  heading_degrees double precision,
  CONSTRAINT vehicle_positions_pkey PRIMARY KEY (vehicle_id),
  CONSTRAINT vehicle_positions_vehicle_id_fkey FOREIGN KEY (vehicle_id) REFERENCES vehicles (id) ON DELETE CASCADE
) WITH (fillfactor = 50);

-- In the order of vehicle_id, as every writer here, so that two loads of the same vehicles do not deadlock.
CREATE FUNCTION advance_vehicle_positions() RETURNS trigger
LANGUAGE plpgsql
SET search_path = public, pg_temp
AS $$
BEGIN
  INSERT INTO vehicle_positions AS last (vehicle_id, recorded_at, latitude, longitude, speed_kmh, heading_degrees)
  SELECT DISTINCT ON (vehicle_id) vehicle_id, recorded_at, latitude, longitude, speed_kmh, heading_degrees
  FROM new_positions
  ORDER BY vehicle_id, recorded_at DESC
  ON CONFLICT (vehicle_id) DO UPDATE
  SET recorded_at = excluded.recorded_at,
    latitude = excluded.latitude,
    longitude = excluded.longitude,
    speed_kmh = excluded.speed_kmh,
    heading_degrees = excluded.heading_degrees
  WHERE excluded.recorded_at > last.recorded_at;
  RETURN NULL;
END
$$;

-- Locks before it looks: under READ COMMITTED the next statement then sees what others have committed meanwhile.
CREATE FUNCTION recompute_vehicle_positions() RETURNS trigger
LANGUAGE plpgsql
SET search_path = public, pg_temp
AS $$
DECLARE
  affected uuid[];
BEGIN
  SELECT array_agg(vehicle_id) INTO affected
  FROM (
    SELECT last.vehicle_id
    FROM vehicle_positions AS last
    WHERE EXISTS (
      SELECT 1 FROM old_positions AS gone
      WHERE gone.vehicle_id = last.vehicle_id AND gone.recorded_at >= last.recorded_at
    )
    ORDER BY last.vehicle_id
    FOR UPDATE
  ) AS locked;

  DELETE FROM vehicle_positions WHERE vehicle_id = ANY (affected);

  INSERT INTO vehicle_positions (vehicle_id, recorded_at, latitude, longitude, speed_kmh, heading_degrees)
  SELECT last.*
  FROM unnest(affected) AS vehicle (id)
  CROSS JOIN LATERAL (
    SELECT vehicle_id, recorded_at, latitude, longitude, speed_kmh, heading_degrees
    FROM tracking_data
    WHERE tracking_data.vehicle_id = vehicle.id
    ORDER BY recorded_at DESC
    LIMIT 1
  ) AS last
  ORDER BY last.vehicle_id
  ON CONFLICT (vehicle_id) DO NOTHING;
  RETURN NULL;
END
$$;

CREATE FUNCTION empty_vehicle_positions() RETURNS trigger
LANGUAGE plpgsql
SET search_path = public, pg_temp
AS $$
BEGIN
  DELETE FROM vehicle_positions;
  RETURN NULL;
END
$$;

CREATE TRIGGER tracking_data_advance_on_insert
  AFTER INSERT ON tracking_data
  REFERENCING NEW TABLE AS new_positions
  FOR EACH STATEMENT
  EXECUTE FUNCTION advance_vehicle_positions();

-- Of the two on UPDATE, the one whose name sorts first runs first; either order ends in the same row.
CREATE TRIGGER tracking_data_advance_on_update
  AFTER UPDATE ON tracking_data
  REFERENCING NEW TABLE AS new_positions
  FOR EACH STATEMENT
  EXECUTE FUNCTION advance_vehicle_positions();

CREATE TRIGGER tracking_data_recompute_on_update
  AFTER UPDATE ON tracking_data
  REFERENCING OLD TABLE AS old_positions
  FOR EACH STATEMENT
  EXECUTE FUNCTION recompute_vehicle_positions();

CREATE TRIGGER tracking_data_recompute_on_delete
  AFTER DELETE ON tracking_data
  REFERENCING OLD TABLE AS old_positions
  FOR EACH STATEMENT
  EXECUTE FUNCTION recompute_vehicle_positions();

CREATE TRIGGER tracking_data_empty_on_truncate
  AFTER TRUNCATE ON tracking_data
  FOR EACH STATEMENT
  EXECUTE FUNCTION empty_vehicle_positions();

INSERT INTO vehicle_positions (vehicle_id, recorded_at, latitude, longitude, speed_kmh, heading_degrees)
SELECT DISTINCT ON (vehicle_id) vehicle_id, recorded_at, latitude, longitude, speed_kmh, heading_degrees
FROM tracking_data
ORDER BY vehicle_id, recorded_at DESC;

COMMENT ON TABLE vehicle_positions IS
  'The newest row of tracking_data for each vehicle that has one. Written by the triggers of tracking_data alone; they '
  'see what is written to tracking_data itself, not to one of its partitions by name. Half of each page is left free, '
  'so that the constant updates stay on their page.';
COMMENT ON COLUMN vehicle_positions.recorded_at IS 'The greatest recorded_at of the vehicle.';
COMMENT ON FUNCTION advance_vehicle_positions() IS
  'Trigger function: moves last positions forward to the newest of the new rows, and never back.';
COMMENT ON FUNCTION recompute_vehicle_positions() IS
  'Trigger function: looks the last positions up again where the row that stood for them was changed or deleted.';
COMMENT ON FUNCTION empty_vehicle_positions() IS 'Trigger function: no positions, no last positions.';

-- Down Migration
-- Drops the last positions and the triggers that keep them; tracking_data stays.
-- Lock: ACCESS EXCLUSIVE on tracking_data, vehicle_positions and (for the foreign key) vehicles, briefly.

DROP TRIGGER tracking_data_empty_on_truncate ON tracking_data;
DROP TRIGGER tracking_data_recompute_on_delete ON tracking_data;
DROP TRIGGER tracking_data_recompute_on_update ON tracking_data;
DROP TRIGGER tracking_data_advance_on_update ON tracking_data;
DROP TRIGGER tracking_data_advance_on_insert ON tracking_data;
DROP TABLE vehicle_positions;
DROP FUNCTION empty_vehicle_positions();
DROP FUNCTION recompute_vehicle_positions();
DROP FUNCTION advance_vehicle_positions();
