-- Up Migration
-- Money given back: append-only, by line and piece, never more than was sold. What is given back is the price of the sale,
-- so a refund keeps pieces and no amounts. The stock that comes back is a movement like any other.
-- Lock: SHARE ROW EXCLUSIVE on sales and sale_items (foreign keys), for as long as it takes to make empty tables.

CREATE TABLE refunds (
  id uuid NOT NULL DEFAULT gen_random_uuid(),
  sale_id uuid NOT NULL,
  user_id uuid NOT NULL,
  reason text NOT NULL DEFAULT '',
  refunded_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT refunds_pkey PRIMARY KEY (id),
  CONSTRAINT refunds_sale_id_fkey FOREIGN KEY (sale_id) REFERENCES sales (id) ON DELETE RESTRICT,
  CONSTRAINT refunds_reason_check CHECK (length(reason) <= 500)
);

CREATE INDEX refunds_sale_id_idx ON refunds (sale_id);
CREATE INDEX refunds_user_id_idx ON refunds (user_id);
CREATE INDEX refunds_refunded_at_idx ON refunds (refunded_at);

CREATE TABLE refund_items (
  refund_id uuid NOT NULL,
  sale_item_id uuid NOT NULL,
  quantity bigint NOT NULL,
  CONSTRAINT refund_items_pkey PRIMARY KEY (refund_id, sale_item_id),
  CONSTRAINT refund_items_refund_id_fkey FOREIGN KEY (refund_id) REFERENCES refunds (id) ON DELETE RESTRICT,
  CONSTRAINT refund_items_sale_item_id_fkey FOREIGN KEY (sale_item_id) REFERENCES sale_items (id) ON DELETE RESTRICT,
  CONSTRAINT refund_items_quantity_check CHECK (quantity >= 1)
);

CREATE INDEX refund_items_sale_item_id_idx ON refund_items (sale_item_id);

-- Runs as its owner: nobody else may change a line of a sale.
CREATE FUNCTION apply_refund_items() RETURNS trigger
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = public, pg_temp
AS $$
DECLARE
  foreign_line uuid;
BEGIN
  SELECT new_items.sale_item_id
  INTO foreign_line
  FROM new_items
  JOIN refunds ON refunds.id = new_items.refund_id
  JOIN sale_items ON sale_items.id = new_items.sale_item_id
  WHERE sale_items.sale_id <> refunds.sale_id
  LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'line % is of another sale than the refund', foreign_line
      USING ERRCODE = 'foreign_key_violation',
        TABLE = TG_TABLE_NAME,
        SCHEMA = TG_TABLE_SCHEMA,
        CONSTRAINT = 'refund_items_sale_item_id_fkey';
  END IF;

  -- In one order, so that two refunds of the same lines do not wait for each other in a circle.
  PERFORM 1
  FROM sale_items
  WHERE id IN (SELECT sale_item_id FROM new_items)
  ORDER BY id
  FOR NO KEY UPDATE;

  UPDATE sale_items
  SET refunded_quantity = sale_items.refunded_quantity + refunded.quantity
  FROM (
    SELECT sale_item_id, sum(quantity)::bigint AS quantity FROM new_items GROUP BY sale_item_id
  ) AS refunded
  WHERE sale_items.id = refunded.sale_item_id;

  RETURN NULL;
END
$$;

CREATE TRIGGER refund_items_apply
  AFTER INSERT ON refund_items
  REFERENCING NEW TABLE AS new_items
  FOR EACH STATEMENT
  EXECUTE FUNCTION apply_refund_items();

CREATE FUNCTION refuse_change_of_refunds() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
  RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP
    USING ERRCODE = 'restrict_violation',
      TABLE = TG_TABLE_NAME,
      SCHEMA = TG_TABLE_SCHEMA,
      HINT = 'Sell again what was refunded by mistake.';
END
$$;

CREATE TRIGGER refunds_append_only
  BEFORE UPDATE OR DELETE ON refunds
  FOR EACH STATEMENT
  EXECUTE FUNCTION refuse_change_of_refunds();

CREATE TRIGGER refund_items_append_only
  BEFORE UPDATE OR DELETE ON refund_items
  FOR EACH STATEMENT
  EXECUTE FUNCTION refuse_change_of_refunds();

CREATE FUNCTION may_refund(sold_by uuid, sold_at timestamptz) RETURNS boolean
LANGUAGE sql
STABLE
RETURN current_user_has_role('manager')
  OR current_user_has_role('admin')
  OR (sold_by = current_user_id() AND sold_at > now() - interval '24 hours');

ALTER TABLE refunds ENABLE ROW LEVEL SECURITY;
ALTER TABLE refunds FORCE ROW LEVEL SECURITY;
CREATE POLICY refunds_read ON refunds FOR SELECT
  USING (EXISTS (SELECT FROM sales WHERE sales.id = refunds.sale_id));
CREATE POLICY refunds_refund ON refunds FOR INSERT
  WITH CHECK (
    user_id = (SELECT current_user_id())
    AND EXISTS (SELECT FROM sales WHERE sales.id = refunds.sale_id AND may_refund(sales.user_id, sales.sold_at))
  );

ALTER TABLE refund_items ENABLE ROW LEVEL SECURITY;
ALTER TABLE refund_items FORCE ROW LEVEL SECURITY;
CREATE POLICY refund_items_read ON refund_items FOR SELECT
  USING (EXISTS (SELECT FROM refunds WHERE refunds.id = refund_items.refund_id));
CREATE POLICY refund_items_refund ON refund_items FOR INSERT
  WITH CHECK (
    EXISTS (
      SELECT FROM refunds WHERE refunds.id = refund_items.refund_id AND refunds.user_id = (SELECT current_user_id())
    )
  );

-- A line is sold with nothing of it refunded.
ALTER POLICY sale_items_sell ON sale_items
  WITH CHECK (
    refunded_quantity = 0
    AND EXISTS (
      SELECT FROM sales WHERE sales.id = sale_items.sale_id AND sales.user_id = (SELECT current_user_id())
    )
  );

COMMENT ON TABLE refunds IS 'Money given back for a sale, by the way that it was paid. Append-only.';
COMMENT ON COLUMN refunds.user_id IS 'Cross-database reference: users.id of atriz_shared, who gave the money back.';
COMMENT ON COLUMN refunds.reason IS 'In words, for the books; may be empty.';
COMMENT ON TABLE refund_items IS 'The lines of a refund: pieces of a line of the sale, at the price of the sale. Append-only.';
COMMENT ON COLUMN refund_items.quantity IS 'Pieces refunded; all refunds of a line together are never more than were sold.';
COMMENT ON FUNCTION apply_refund_items() IS
  'Trigger function: adds the refunded pieces to their lines, whose check refuses more than was sold.';
COMMENT ON FUNCTION refuse_change_of_refunds() IS 'Trigger function: keeps refunds and refund_items append-only.';
COMMENT ON FUNCTION may_refund(uuid, timestamptz) IS
  'Whether the user whom this transaction works for may refund a sale: managers and admins every one, who sold for 24 hours.';
COMMENT ON POLICY refunds_read ON refunds IS 'Read by who may read the sale.';
COMMENT ON POLICY refunds_refund ON refunds IS
  'Written in one''s own name, by who may refund the sale.';
COMMENT ON POLICY refund_items_read ON refund_items IS 'Read by who may read the refund.';
COMMENT ON POLICY refund_items_refund ON refund_items IS 'Written by who makes the refund.';

-- Down Migration
-- Drops both tables with every refund in them. What came back into stock stays there.
-- Lock: ACCESS EXCLUSIVE on refund_items, refunds and (for the foreign keys) sale_items and sales; row locks on the lines
-- that were refunded.

ALTER POLICY sale_items_sell ON sale_items
  WITH CHECK (
    EXISTS (SELECT FROM sales WHERE sales.id = sale_items.sale_id AND sales.user_id = (SELECT current_user_id()))
  );

DROP TABLE refund_items;
DROP TABLE refunds;
DROP FUNCTION may_refund(uuid, timestamptz);
DROP FUNCTION refuse_change_of_refunds();
DROP FUNCTION apply_refund_items();

UPDATE sale_items SET refunded_quantity = 0 WHERE refunded_quantity > 0;
