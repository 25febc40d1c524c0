-- Up Migration
-- Room for the odometer that newer devices send along with each position.
-- Lock: ACCESS EXCLUSIVE on tracking_data and its partitions, for one reading of them; the column itself costs nothing.

ALTER TABLE tracking_data
  ADD COLUMN odometer_m bigint,
  ADD CONSTRAINT tracking_data_odometer_m_check CHECK (odometer_m >= 0);

COMMENT ON COLUMN tracking_data.odometer_m IS 'Metres that the vehicle has driven in its life; null when the device did not say.';

-- Down Migration
-- Drops the odometer readings.
-- Lock: ACCESS EXCLUSIVE on tracking_data and its partitions, briefly.

ALTER TABLE tracking_data DROP COLUMN odometer_m;
