-- Up Migration
-- The vehicles that are tracked, and whose they are.
-- Lock: none on existing tables; a new table only.

CREATE TABLE vehicles (
  id uuid NOT NULL DEFAULT gen_random_uuid(),
  user_id uuid NOT NULL,
  plate text NOT NULL,
  name text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  is_active boolean NOT NULL DEFAULT true,
  CONSTRAINT vehicles_pkey PRIMARY KEY (id),
  CONSTRAINT vehicles_plate_check CHECK (plate ~ '[^[:space:]-]' AND length(plate) <= 20),
  CONSTRAINT vehicles_name_check CHECK (btrim(name) <> '' AND length(name) <= 200)
);

CREATE INDEX vehicles_user_id_idx ON vehicles (user_id);
CREATE UNIQUE INDEX vehicles_plate_key ON vehicles (upper(regexp_replace(plate, '[[:space:]-]', '', 'g')));

CREATE TRIGGER vehicles_set_updated_at
  BEFORE UPDATE ON vehicles
  FOR EACH ROW
  EXECUTE FUNCTION set_updated_at();

COMMENT ON TABLE vehicles IS 'The vehicles that are tracked.';
COMMENT ON COLUMN vehicles.user_id IS 'Cross-database reference: users.id of atriz_shared, the owner.';
COMMENT ON COLUMN vehicles.plate IS
  'Registration plate as it is written on the vehicle; unique without regard to case, spaces and hyphens.';
COMMENT ON COLUMN vehicles.is_active IS 'False once the vehicle is out of service.';

-- Down Migration
-- Drops the table with every vehicle in it.
-- Lock: ACCESS EXCLUSIVE on vehicles.

DROP TABLE vehicles;
