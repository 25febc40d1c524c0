-- Up Migration
-- Gives every later table one way to keep `updated_at`: a function for a BEFORE UPDATE trigger.
-- Lock: none on existing tables; a new function only.

CREATE FUNCTION set_updated_at() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
  NEW.updated_at := now();
  RETURN NEW;
END
$$;

COMMENT ON FUNCTION set_updated_at() IS
  'Trigger function: puts the start of the transaction into updated_at of the row being updated.';

-- Down Migration
-- Takes the function away again; by now no trigger uses it.
-- Lock: none on tables.

DROP FUNCTION set_updated_at();
