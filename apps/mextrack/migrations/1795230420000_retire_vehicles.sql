-- Up Migration
-- Says since when a vehicle is out of service, where is_active only said that it is.
-- Lock: ACCESS EXCLUSIVE on vehicles, for as long as it takes to stamp the inactive ones.

ALTER TABLE vehicles ADD COLUMN retired_at timestamptz;

-- The last change is the best that is known of the day; stamping is no edit, so updated_at must not move.
ALTER TABLE vehicles DISABLE TRIGGER vehicles_set_updated_at;
UPDATE vehicles SET retired_at = updated_at WHERE NOT is_active;
ALTER TABLE vehicles ENABLE TRIGGER vehicles_set_updated_at;

ALTER TABLE vehicles DROP COLUMN is_active;

COMMENT ON COLUMN vehicles.retired_at IS 'When the vehicle went out of service; null while it serves.';

-- Down Migration
-- Goes back to the flag; since when a vehicle is out of service is lost.
-- Lock: ACCESS EXCLUSIVE on vehicles, for as long as it takes to flag the retired ones.

ALTER TABLE vehicles ADD COLUMN is_active boolean NOT NULL DEFAULT true;

ALTER TABLE vehicles DISABLE TRIGGER vehicles_set_updated_at;
UPDATE vehicles SET is_active = false WHERE retired_at IS NOT NULL;
ALTER TABLE vehicles ENABLE TRIGGER vehicles_set_updated_at;

ALTER TABLE vehicles DROP COLUMN retired_at;

COMMENT ON COLUMN vehicles.is_active IS 'False once the vehicle is out of service.';
