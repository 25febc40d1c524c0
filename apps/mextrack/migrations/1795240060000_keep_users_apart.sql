-- Up Migration
-- Row-level security, forced: vehicles and geofences are their user's only, and positions belong with their vehicle.
-- The policies of tracking_data hold for its partitions as long as they are reached through it. Reached by name, a
-- partition has row-level security and no policy, which shows and takes nothing; so do those that are made from now on.
-- Who passes it by has BYPASSRLS.
-- Lock: ACCESS EXCLUSIVE on all tables and partitions, briefly; nothing is read or rewritten.

ALTER TABLE vehicles ENABLE ROW LEVEL SECURITY;
ALTER TABLE vehicles FORCE ROW LEVEL SECURITY;
CREATE POLICY vehicles_own ON vehicles
  USING (user_id = (SELECT current_user_id()))
  WITH CHECK (user_id = (SELECT current_user_id()));

ALTER TABLE geofences ENABLE ROW LEVEL SECURITY;
ALTER TABLE geofences FORCE ROW LEVEL SECURITY;
CREATE POLICY geofences_own ON geofences
  USING (user_id = (SELECT current_user_id()))
  WITH CHECK (user_id = (SELECT current_user_id()));

-- The vehicles within are the user's own, by their policy; asked once for a statement, and then looked up.
ALTER TABLE tracking_data ENABLE ROW LEVEL SECURITY;
ALTER TABLE tracking_data FORCE ROW LEVEL SECURITY;
CREATE POLICY tracking_data_own ON tracking_data
  USING (vehicle_id IN (SELECT id FROM vehicles))
  WITH CHECK (vehicle_id IN (SELECT id FROM vehicles));

ALTER TABLE vehicle_positions ENABLE ROW LEVEL SECURITY;
ALTER TABLE vehicle_positions FORCE ROW LEVEL SECURITY;
CREATE POLICY vehicle_positions_read ON vehicle_positions FOR SELECT
  USING (vehicle_id IN (SELECT id FROM vehicles));

COMMENT ON POLICY vehicles_own ON vehicles IS 'A vehicle is seen and changed by its user only.';
COMMENT ON POLICY geofences_own ON geofences IS 'A geofence is seen and changed by its user only.';
COMMENT ON POLICY tracking_data_own ON tracking_data IS 'Positions are seen and added by the user of their vehicle only.';
COMMENT ON POLICY vehicle_positions_read ON vehicle_positions IS
  'Seen by the user of the vehicle only; written by the triggers of tracking_data, for their owner.';

DO $$
DECLARE
  partition regclass;
BEGIN
  FOR partition IN SELECT inhrelid FROM pg_inherits WHERE inhparent = 'tracking_data'::regclass LOOP
    EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', partition);
    EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', partition);
  END LOOP;
END
$$;

-- They keep vehicle_positions for whoever adds positions, who need not be allowed to write it.
ALTER FUNCTION advance_vehicle_positions() SECURITY DEFINER;
ALTER FUNCTION recompute_vehicle_positions() SECURITY DEFINER;

-- As it was, and each new partition gets row-level security before anything can be in it that another may not see.
CREATE OR REPLACE FUNCTION create_tracking_partitions(from_date date, months integer) RETURNS integer
LANGUAGE plpgsql
SET search_path = public, pg_temp
AS $$
DECLARE
  month timestamp;
  starts_at timestamptz;
  ends_at timestamptz;
  partition_name text;
  created integer := 0;
BEGIN
  IF from_date IS NULL OR NOT isfinite(from_date) OR months IS NULL OR months NOT BETWEEN 0 AND 1200 THEN
    RAISE EXCEPTION 'create_tracking_partitions takes a date and 0 to 1200 months, not % and %', from_date, months
      USING ERRCODE = 'invalid_parameter_value';
  END IF;

  -- One maker at a time; the others find the partitions made.
  PERFORM pg_advisory_xact_lock(hashtextextended('create_tracking_partitions', 0));

  FOR month IN
    SELECT date_trunc('month', from_date::timestamp) + make_interval(months => step)
    FROM generate_series(0, months - 1) AS step
  LOOP
    partition_name := 'tracking_data_' || to_char(month, 'YYYY_MM');
    CONTINUE WHEN to_regclass(format('public.%I', partition_name)) IS NOT NULL;

    starts_at := month AT TIME ZONE 'UTC';
    ends_at := (month + interval '1 month') AT TIME ZONE 'UTC';

    -- vehicles first, as a writer does that updates a vehicle and then adds its positions: no circle of waits.
    LOCK TABLE vehicles IN SHARE ROW EXCLUSIVE MODE;
    LOCK TABLE tracking_data_default IN ACCESS EXCLUSIVE MODE;

    -- ATTACH, unlike CREATE TABLE … PARTITION OF, lets positions come in meanwhile.
    EXECUTE format('CREATE TABLE %I (LIKE tracking_data INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', partition_name);
    EXECUTE format(
      'WITH moved AS ('
      '  DELETE FROM tracking_data_default WHERE recorded_at >= %2$L AND recorded_at < %3$L RETURNING *'
      ') INSERT INTO %1$I SELECT * FROM moved',
      partition_name, starts_at, ends_at
    );
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', partition_name);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', partition_name);
    EXECUTE format(
      'ALTER TABLE tracking_data ATTACH PARTITION %1$I FOR VALUES FROM (%2$L) TO (%3$L)',
      partition_name, starts_at, ends_at
    );
    EXECUTE format('COMMENT ON TABLE %I IS %L', partition_name, 'Positions of ' || to_char(month, 'YYYY-MM') || ', UTC.');
    created := created + 1;
  END LOOP;

  RETURN created;
END
$$;

-- Down Migration
-- Opens the tables again to everybody who may read and write them, and lets partitions be made without row-level security.
-- Lock: ACCESS EXCLUSIVE on all tables and partitions, briefly.

CREATE OR REPLACE FUNCTION create_tracking_partitions(from_date date, months integer) RETURNS integer
LANGUAGE plpgsql
SET search_path = public, pg_temp
AS $$
DECLARE
  month timestamp;
  starts_at timestamptz;
  ends_at timestamptz;
  partition_name text;
  created integer := 0;
BEGIN
  IF from_date IS NULL OR NOT isfinite(from_date) OR months IS NULL OR months NOT BETWEEN 0 AND 1200 THEN
    RAISE EXCEPTION 'create_tracking_partitions takes a date and 0 to 1200 months, not % and %', from_date, months
      USING ERRCODE = 'invalid_parameter_value';
  END IF;

  -- One maker at a time; the others find the partitions made.
  PERFORM pg_advisory_xact_lock(hashtextextended('create_tracking_partitions', 0));

  FOR month IN
    SELECT date_trunc('month', from_date::timestamp) + make_interval(months => step)
    FROM generate_series(0, months - 1) AS step
  LOOP
    partition_name := 'tracking_data_' || to_char(month, 'YYYY_MM');
    CONTINUE WHEN to_regclass(format('public.%I', partition_name)) IS NOT NULL;

    starts_at := month AT TIME ZONE 'UTC';
    ends_at := (month + interval '1 month') AT TIME ZONE 'UTC';

    -- vehicles first, as a writer does that updates a vehicle and then adds its positions: no circle of waits.
    LOCK TABLE vehicles IN SHARE ROW EXCLUSIVE MODE;
    LOCK TABLE tracking_data_default IN ACCESS EXCLUSIVE MODE;

    -- ATTACH, unlike CREATE TABLE … PARTITION OF, lets positions come in meanwhile.
    EXECUTE format('CREATE TABLE %I (LIKE tracking_data INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', partition_name);
    EXECUTE format(
      'WITH moved AS ('
      '  DELETE FROM tracking_data_default WHERE recorded_at >= %2$L AND recorded_at < %3$L RETURNING *'
      ') INSERT INTO %1$I SELECT * FROM moved',
      partition_name, starts_at, ends_at
    );
    EXECUTE format(
      'ALTER TABLE tracking_data ATTACH PARTITION %1$I FOR VALUES FROM (%2$L) TO (%3$L)',
      partition_name, starts_at, ends_at
    );
    EXECUTE format('COMMENT ON TABLE %I IS %L', partition_name, 'Positions of ' || to_char(month, 'YYYY-MM') || ', UTC.');
    created := created + 1;
  END LOOP;

  RETURN created;
END
$$;

ALTER FUNCTION recompute_vehicle_positions() SECURITY INVOKER;
ALTER FUNCTION advance_vehicle_positions() SECURITY INVOKER;

DO $$
DECLARE
  partition regclass;
BEGIN
  FOR partition IN SELECT inhrelid FROM pg_inherits WHERE inhparent = 'tracking_data'::regclass LOOP
    EXECUTE format('ALTER TABLE %s NO FORCE ROW LEVEL SECURITY', partition);
    EXECUTE format('ALTER TABLE %s DISABLE ROW LEVEL SECURITY', partition);
  END LOOP;
END
$$;

DROP POLICY vehicle_positions_read ON vehicle_positions;
ALTER TABLE vehicle_positions NO FORCE ROW LEVEL SECURITY;
ALTER TABLE vehicle_positions DISABLE ROW LEVEL SECURITY;

DROP POLICY tracking_data_own ON tracking_data;
ALTER TABLE tracking_data NO FORCE ROW LEVEL SECURITY;
ALTER TABLE tracking_data DISABLE ROW LEVEL SECURITY;

DROP POLICY geofences_own ON geofences;
ALTER TABLE geofences NO FORCE ROW LEVEL SECURITY;
ALTER TABLE geofences DISABLE ROW LEVEL SECURITY;

DROP POLICY vehicles_own ON vehicles;
ALTER TABLE vehicles NO FORCE ROW LEVEL SECURITY;
ALTER TABLE vehicles DISABLE ROW LEVEL SECURITY;
