-- Up Migration
-- The function that makes the monthly partitions of tracking_data. No partition is made here: which ones are needed
-- depends on the day, and a migration must not.
-- Lock: none on tables; a new function only. What the function itself locks stands in its comment.

CREATE FUNCTION create_tracking_partitions(from_date date, months integer) RETURNS integer
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

COMMENT ON FUNCTION create_tracking_partitions(date, integer) IS
  'Makes the partitions of tracking_data for that many months from the month of from_date on, moves what waited in '
  'tracking_data_default into them, and returns how many it made; those that exist are left alone. While it makes one: '
  'SHARE UPDATE EXCLUSIVE on tracking_data, SHARE ROW EXCLUSIVE on vehicles, ACCESS EXCLUSIVE on tracking_data_default.';

-- Down Migration
-- Takes the function away; partitions that it made stay.
-- Lock: none on tables.

DROP FUNCTION create_tracking_partitions(date, integer);
