-- Up Migration
-- Areas that a user watches, as circles.
-- Lock: none on existing tables; a new table only.

CREATE TABLE geofences (
  id uuid NOT NULL DEFAULT gen_random_uuid(),
  user_id uuid NOT NULL,
  name text NOT NULL,
  center_latitude double precision NOT NULL,
  center_longitude double precision NOT NULL,
  radius_m double precision NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT geofences_pkey PRIMARY KEY (id),
  CONSTRAINT geofences_user_id_name_key UNIQUE (user_id, name),
  CONSTRAINT geofences_name_check CHECK (btrim(name) <> '' AND length(name) <= 200),
  CONSTRAINT geofences_center_latitude_check CHECK (center_latitude BETWEEN -90 AND 90),
  CONSTRAINT geofences_center_longitude_check CHECK (center_longitude BETWEEN -180 AND 180),
  CONSTRAINT geofences_radius_m_check CHECK (radius_m > 0 AND radius_m <= 1000000)
);

CREATE TRIGGER geofences_set_updated_at
  BEFORE UPDATE ON geofences
  FOR EACH ROW
  EXECUTE FUNCTION set_updated_at();

COMMENT ON TABLE geofences IS 'Areas that a user watches.';
COMMENT ON COLUMN geofences.user_id IS
  'Cross-database reference: users.id of atriz_shared, the owner; indexed by the unique key on (user_id, name).';
COMMENT ON COLUMN geofences.center_latitude IS 'Degrees north, WGS 84.';
COMMENT ON COLUMN geofences.center_longitude IS 'Degrees east, WGS 84.';
COMMENT ON COLUMN geofences.radius_m IS 'Metres along the ground.';

-- Down Migration
-- Drops the table with every geofence in it.
-- Lock: ACCESS EXCLUSIVE on geofences.

DROP TABLE geofences;
