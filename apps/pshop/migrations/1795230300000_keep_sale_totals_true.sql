-- Up Migration
-- At commit, sales.total_cents equals the sum of the sale's lines and the sale has a line, or the transaction is refused.
-- Deferred, so a transaction may write the sale and its lines in any order.
-- Lock: SHARE ROW EXCLUSIVE on sales and sale_items, briefly; existing sales are proved first.

DO $$
DECLARE
  wrong bigint;
BEGIN
  SELECT count(*) INTO wrong
  FROM sales
  LEFT JOIN (
    SELECT sale_id, sum(line_total_cents) AS total_cents FROM sale_items GROUP BY sale_id
  ) AS items ON items.sale_id = sales.id
  WHERE items.total_cents IS DISTINCT FROM sales.total_cents;

  IF wrong > 0 THEN
    RAISE EXCEPTION '% sales have a total that is not the sum of their lines', wrong
      USING ERRCODE = 'check_violation', HINT = 'Correct sales.total_cents, then migrate again.';
  END IF;
END
$$;

CREATE FUNCTION check_sale_total() RETURNS trigger
LANGUAGE plpgsql
SET search_path = public, pg_temp
AS $$
DECLARE
  checked_ids uuid[];
  wrong record;
BEGIN
  IF TG_TABLE_NAME = 'sales' THEN
    checked_ids := ARRAY[NEW.id];
  ELSIF TG_OP = 'INSERT' THEN
    checked_ids := ARRAY[NEW.sale_id];
  ELSIF TG_OP = 'DELETE' THEN
    checked_ids := ARRAY[OLD.sale_id];
  ELSE
    checked_ids := ARRAY[OLD.sale_id, NEW.sale_id];
  END IF;

  -- A sale deleted in the meantime took its lines along and has no total to check.
  SELECT sales.id, sales.total_cents, sum(sale_items.line_total_cents) AS items_cents
  INTO wrong
  FROM sales
  LEFT JOIN sale_items ON sale_items.sale_id = sales.id
  WHERE sales.id = ANY (checked_ids)
  GROUP BY sales.id, sales.total_cents
  HAVING sum(sale_items.line_total_cents) IS DISTINCT FROM sales.total_cents
  LIMIT 1;

  IF FOUND THEN
    RAISE EXCEPTION 'sale % has total_cents %, and its lines come to %',
        wrong.id, wrong.total_cents, coalesce(wrong.items_cents::text, 'nothing, for it has none')
      USING ERRCODE = 'check_violation',
        TABLE = 'sales',
        SCHEMA = TG_TABLE_SCHEMA,
        CONSTRAINT = 'sales_total_cents_is_sum';
  END IF;
  RETURN NULL;
END
$$;

CREATE CONSTRAINT TRIGGER sales_total_cents_is_sum
  AFTER INSERT OR UPDATE OF id, total_cents ON sales
  DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW
  EXECUTE FUNCTION check_sale_total();

CREATE CONSTRAINT TRIGGER sale_items_total_cents_is_sum
  AFTER INSERT OR UPDATE OR DELETE ON sale_items
  DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW
  EXECUTE FUNCTION check_sale_total();

COMMENT ON COLUMN sales.total_cents IS
  'What the sale came to, in cents: at commit the sum of its lines, or the trigger sales_total_cents_is_sum refuses.';
COMMENT ON FUNCTION check_sale_total() IS
  'Trigger function: raises check_violation when a sale''s total is not the sum of its lines, or it has no line.';

-- Down Migration
-- Takes the check away; the totals stay.
-- Lock: ACCESS EXCLUSIVE on sales and sale_items, briefly.

DROP TRIGGER sale_items_total_cents_is_sum ON sale_items;
DROP TRIGGER sales_total_cents_is_sum ON sales;
DROP FUNCTION check_sale_total();

COMMENT ON COLUMN sales.total_cents IS 'What the sale came to, in cents.';
