-- Up Migration
-- When a vehicle entered and left the geofences of its user, found as positions are added: by a trigger, so that it is
-- right for single rows and for COPY, and in whatever order positions arrive.
-- Lock: SHARE ROW EXCLUSIVE on vehicles and geofences (foreign keys) and tracking_data (trigger), briefly.

CREATE TABLE geofence_events (
  vehicle_id uuid NOT NULL,
  recorded_at timestamptz NOT NULL,
  geofence_id uuid NOT NULL,
  event text NOT NULL,
  latitude double precision NOT NULL,
  longitude double precision NOT NULL,
  found_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT geofence_events_pkey PRIMARY KEY (vehicle_id, recorded_at, geofence_id),
  CONSTRAINT geofence_events_vehicle_id_fkey FOREIGN KEY (vehicle_id) REFERENCES vehicles (id) ON DELETE CASCADE,
  CONSTRAINT geofence_events_geofence_id_fkey FOREIGN KEY (geofence_id) REFERENCES geofences (id) ON DELETE CASCADE,
  CONSTRAINT geofence_events_event_check CHECK (event IN ('entered', 'left'))
);

CREATE INDEX geofence_events_geofence_id_idx ON geofence_events (geofence_id, recorded_at, vehicle_id);

ALTER TABLE geofence_events ENABLE ROW LEVEL SECURITY;
ALTER TABLE geofence_events FORCE ROW LEVEL SECURITY;
CREATE POLICY geofence_events_read ON geofence_events FOR SELECT
  USING (vehicle_id IN (SELECT id FROM vehicles));

-- Runs after tracking_data_advance_on_insert, whose name sorts before its trigger's: that one has locked the vehicle's
-- last position, so of two who add positions of one vehicle the second comes here when the first has committed, and
-- sees what it added.
CREATE FUNCTION note_geofence_events() RETURNS trigger
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = public, pg_temp
AS $$
BEGIN
  -- Where nobody watches, this look is all that it costs.
  IF NOT EXISTS (
    SELECT FROM vehicles JOIN geofences USING (user_id) WHERE vehicles.id IN (SELECT vehicle_id FROM new_positions)
  ) THEN
    RETURN NULL;
  END IF;

  WITH spaced AS (
    SELECT vehicle_id, recorded_at,
      recorded_at - lag(recorded_at) OVER (PARTITION BY vehicle_id ORDER BY recorded_at) > interval '15 minutes' AS begins
    FROM new_positions
  ),
  numbered AS (
    SELECT vehicle_id, recorded_at,
      count(*) FILTER (WHERE begins) OVER (PARTITION BY vehicle_id ORDER BY recorded_at) AS stretch
    FROM spaced
  ),
  -- What lies between new positions that are close together is read in one go; for what is far apart it might be years.
  stretches AS (
    SELECT vehicle_id, stretch, min(recorded_at) AS starts_at, max(recorded_at) AS ends_at
    FROM numbered
    GROUP BY vehicle_id, stretch
  ),
  -- The new positions in their place among all of the vehicle, with the one before and the one after.
  places AS (
    SELECT vehicle_id, stretch, recorded_at, near.latitude, near.longitude, is_before, added.vehicle_id IS NOT NULL AS is_new
    FROM stretches
    CROSS JOIN LATERAL (
      (
        SELECT recorded_at, latitude, longitude, true AS is_before
        FROM tracking_data
        WHERE tracking_data.vehicle_id = stretches.vehicle_id AND recorded_at < starts_at
        ORDER BY recorded_at DESC
        LIMIT 1
      )
      UNION ALL
      SELECT recorded_at, latitude, longitude, false
      FROM tracking_data
      WHERE tracking_data.vehicle_id = stretches.vehicle_id AND recorded_at BETWEEN starts_at AND ends_at
      UNION ALL
      (
        SELECT recorded_at, latitude, longitude, false
        FROM tracking_data
        WHERE tracking_data.vehicle_id = stretches.vehicle_id AND recorded_at > ends_at
        ORDER BY recorded_at
        LIMIT 1
      )
    ) AS near
    LEFT JOIN new_positions AS added USING (vehicle_id, recorded_at)
  ),
  steps AS (
    SELECT vehicle_id, recorded_at, latitude, longitude, is_new,
      NOT is_before AND (is_new OR lag(is_new) OVER way) AS is_judged,
      lag(latitude) OVER way AS latitude_before,
      lag(longitude) OVER way AS longitude_before
    FROM places
    WINDOW way AS (PARTITION BY vehicle_id, stretch ORDER BY recorded_at)
  ),
  extents AS (
    SELECT vehicle_id, box(
      point(min(longitude), min(latitude)),
      point(max(longitude), max(latitude))
    ) AS extent
    FROM places
    GROUP BY vehicle_id
  ),
  areas AS MATERIALIZED (
    SELECT vehicles.id AS vehicle_id, geofences.id AS geofence_id, shape, center_latitude, center_longitude, radius_m, ring
    FROM extents
    JOIN vehicles ON vehicles.id = extents.vehicle_id
    JOIN geofences USING (user_id)
    CROSS JOIN LATERAL (SELECT CASE shape WHEN 'polygon' THEN ring_of(polygon) END AS ring) AS drawn
    WHERE CASE shape
      WHEN 'polygon' THEN box(ring) && extent
      ELSE box(
        point(-180, center_latitude - radius_m / 111195),
        point(180, center_latitude + radius_m / 111195)
      ) && extent
    END
  ),
  judged AS (
    SELECT geofence_id, vehicle_id, recorded_at, latitude, longitude, is_new,
      CASE shape
        WHEN 'circle' THEN circle_contains(center_latitude, center_longitude, radius_m, latitude, longitude)
        ELSE ring_contains(ring, latitude, longitude)
      END AS is_inside,
      coalesce(
        CASE shape
          WHEN 'circle' THEN circle_contains(center_latitude, center_longitude, radius_m, latitude_before, longitude_before)
          ELSE ring_contains(ring, latitude_before, longitude_before)
        END,
        false
      ) AS was_inside
    FROM steps
    JOIN areas USING (vehicle_id)
    WHERE is_judged
  ),
  -- A late position stands between two others: what the second of them was taken for may be the late one's.
  taken_back AS (
    DELETE FROM geofence_events AS known
    USING judged
    WHERE NOT judged.is_new
      AND judged.is_inside = judged.was_inside
      AND known.vehicle_id = judged.vehicle_id
      AND known.recorded_at = judged.recorded_at
      AND known.geofence_id = judged.geofence_id
  )
  INSERT INTO geofence_events AS known (vehicle_id, recorded_at, geofence_id, event, latitude, longitude)
  SELECT DISTINCT vehicle_id, recorded_at, geofence_id, CASE WHEN is_inside THEN 'entered' ELSE 'left' END, latitude, longitude
  FROM judged
  WHERE is_inside <> was_inside
  ORDER BY vehicle_id, recorded_at, geofence_id
  ON CONFLICT (vehicle_id, recorded_at, geofence_id) DO UPDATE
  SET event = excluded.event, found_at = excluded.found_at
  WHERE known.event <> excluded.event;
  RETURN NULL;
END
$$;

CREATE TRIGGER tracking_data_note_on_insert
  AFTER INSERT ON tracking_data
  REFERENCING NEW TABLE AS new_positions
  FOR EACH STATEMENT
  EXECUTE FUNCTION note_geofence_events();

COMMENT ON TABLE geofence_events IS
  'When each vehicle entered and left the geofences of its user. Written by a trigger of tracking_data alone, from one '
  'position to the next in the order of recorded_at, by the geofences that there are when a position arrives: drawing, '
  'changing or correcting something later changes no event. Deleting a geofence deletes its events.';
COMMENT ON COLUMN geofence_events.recorded_at IS 'Of the first position inside, or of the first one outside again.';
COMMENT ON COLUMN geofence_events.event IS 'entered or left.';
COMMENT ON COLUMN geofence_events.latitude IS 'Degrees north, of that position.';
COMMENT ON COLUMN geofence_events.longitude IS 'Degrees east, of that position.';
COMMENT ON COLUMN geofence_events.found_at IS 'When the position arrived that it was found by; later than recorded_at.';
COMMENT ON POLICY geofence_events_read ON geofence_events IS
  'Seen by the user of the vehicle only; written by a trigger of tracking_data, for its owner.';
COMMENT ON FUNCTION note_geofence_events() IS
  'Trigger function: finds the events of new positions. A late one is judged by the position before it, and the one '
  'after it is judged again, which may take an event back or make another of it; so the events are the same in whatever '
  'order positions arrive.';

-- Down Migration
-- Drops the events; positions and geofences stay.
-- Lock: ACCESS EXCLUSIVE on geofence_events, tracking_data (trigger), vehicles and geofences (foreign keys), briefly.

DROP TRIGGER tracking_data_note_on_insert ON tracking_data;
DROP FUNCTION note_geofence_events();
DROP TABLE geofence_events;
