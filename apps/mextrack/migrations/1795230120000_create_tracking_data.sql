-- Up Migration
-- Positions of vehicles, the large table: partitioned by month, so that old months leave by DROP and not by DELETE.
-- What belongs to no month's partition waits in tracking_data_default, and is never refused.
-- Lock: SHARE ROW EXCLUSIVE on vehicles (the foreign key), for as long as it takes to make empty tables.

CREATE TABLE tracking_data (
  vehicle_id uuid NOT NULL,
  recorded_at timestamptz NOT NULL,
  latitude double precision NOT NULL,
  longitude double precision NOT NULL,
  speed_kmh double precision,
  heading_degrees double precision,
  received_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT tracking_data_pkey PRIMARY KEY (vehicle_id, recorded_at),
  CONSTRAINT tracking_data_vehicle_id_fkey FOREIGN KEY (vehicle_id) REFERENCES vehicles (id) ON DELETE CASCADE,
  CONSTRAINT tracking_data_recorded_at_check CHECK (isfinite(recorded_at)),
  CONSTRAINT tracking_data_latitude_check CHECK (latitude BETWEEN -90 AND 90),
  CONSTRAINT tracking_data_longitude_check CHECK (longitude BETWEEN -180 AND 180),
  CONSTRAINT tracking_data_speed_kmh_check CHECK (speed_kmh BETWEEN 0 AND 1000),
  CONSTRAINT tracking_data_heading_degrees_check CHECK (heading_degrees >= 0 AND heading_degrees < 360)
) PARTITION BY RANGE (recorded_at);

CREATE TABLE tracking_data_default PARTITION OF tracking_data DEFAULT;

COMMENT ON TABLE tracking_data IS
  'Where each vehicle was, and when; partitioned by month of recorded_at in UTC. The key also serves the foreign key.';
COMMENT ON COLUMN tracking_data.recorded_at IS 'When the device took the position; it may arrive much later, and out of order.';
COMMENT ON COLUMN tracking_data.latitude IS 'Degrees north, WGS 84.';
COMMENT ON COLUMN tracking_data.longitude IS 'Degrees east, WGS 84.';
COMMENT ON COLUMN tracking_data.speed_kmh IS 'Kilometres an hour; null when the device did not say.';
COMMENT ON COLUMN tracking_data.heading_degrees IS 'Clockwise from north, below 360; null when the device did not say.';
COMMENT ON COLUMN tracking_data.received_at IS 'When the position reached the database.';
COMMENT ON TABLE tracking_data_default IS
  'Positions of months that have no partition yet; create_tracking_partitions moves them into theirs.';

-- Down Migration
-- Drops the table and its partitions, with every position in them.
-- Lock: ACCESS EXCLUSIVE on tracking_data, its partitions and (for the foreign key) vehicles.

DROP TABLE tracking_data;
