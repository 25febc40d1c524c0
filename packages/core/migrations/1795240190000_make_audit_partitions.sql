-- Up Migration
-- The function that makes the monthly partitions of audit_log; atriz maintain calls it. No partition is made here: which
-- ones are needed depends on the day, and a migration must not.
-- Lock: none on tables; a new function only. What the function itself locks stands in its comment.

CREATE FUNCTION create_audit_partitions(from_date date, months integer) RETURNS integer
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
    RAISE EXCEPTION 'create_audit_partitions takes a date and 0 to 1200 months, not % and %', from_date, months
      USING ERRCODE = 'invalid_parameter_value';
  END IF;

  -- One maker at a time; the others find the partitions made.
  PERFORM pg_advisory_xact_lock(hashtextextended('create_audit_partitions', 0));

  FOR month IN
    SELECT date_trunc('month', from_date::timestamp) + make_interval(months => step)
    FROM generate_series(0, months - 1) AS step
  LOOP
    partition_name := 'audit_log_' || to_char(month, 'YYYY_MM');
    CONTINUE WHEN to_regclass(format('public.%I', partition_name)) IS NOT NULL;

    starts_at := month AT TIME ZONE 'UTC';
    ends_at := (month + interval '1 month') AT TIME ZONE 'UTC';

    -- The head first, as every writer does: no circle of waits, and no row comes in meanwhile.
    LOCK TABLE audit_log_head IN EXCLUSIVE MODE;
    LOCK TABLE audit_log_default IN ACCESS EXCLUSIVE MODE;

    EXECUTE format('CREATE TABLE %I (LIKE audit_log INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', partition_name);
    -- Rows only change their place, which the trigger cannot know. Nobody sees it switched off: the table is locked.
    ALTER TABLE audit_log_default DISABLE TRIGGER audit_log_refuse_change;
    EXECUTE format(
      'WITH moved AS ('
      '  DELETE FROM audit_log_default WHERE occurred_at >= %2$L AND occurred_at < %3$L RETURNING *'
      ') INSERT INTO %1$I SELECT * FROM moved',
      partition_name, starts_at, ends_at
    );
    ALTER TABLE audit_log_default ENABLE TRIGGER audit_log_refuse_change;
    EXECUTE format(
      'ALTER TABLE audit_log ATTACH PARTITION %1$I FOR VALUES FROM (%2$L) TO (%3$L)',
      partition_name, starts_at, ends_at
    );
    EXECUTE format('COMMENT ON TABLE %I IS %L', partition_name, 'The audit log of ' || to_char(month, 'YYYY-MM') || ', UTC.');
    created := created + 1;
  END LOOP;

  RETURN created;
END
$$;

COMMENT ON FUNCTION create_audit_partitions(date, integer) IS
  'Makes the partitions of audit_log for that many months from the month of from_date on, moves what waited in '
  'audit_log_default into them, and returns how many it made; those that exist are left alone. While it makes one: '
  'SHARE UPDATE EXCLUSIVE on audit_log, EXCLUSIVE on audit_log_head, ACCESS EXCLUSIVE on audit_log_default.';

-- Down Migration
-- Takes the function away; partitions that it made stay.
-- Lock: none on tables.

DROP FUNCTION create_audit_partitions(date, integer);
