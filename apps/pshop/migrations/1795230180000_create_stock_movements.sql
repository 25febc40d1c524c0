-- Up Migration
-- Every change of stock, with its reason. Rows are only ever added, and each one moves the stock by trigger, so that
-- the sum of a product's movements is its stock. From here on nothing else may write inventory.quantity.
-- Lock: SHARE ROW EXCLUSIVE on products (foreign key) and inventory (triggers), briefly: the new table is filled with
-- one opening movement for each stock figure that exists.

CREATE TABLE stock_movements (
  id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
  product_id uuid NOT NULL,
  quantity_change bigint NOT NULL,
  reason text NOT NULL,
  user_id uuid,
  created_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT stock_movements_pkey PRIMARY KEY (id),
  CONSTRAINT stock_movements_product_id_fkey FOREIGN KEY (product_id) REFERENCES products (id) ON DELETE RESTRICT,
  CONSTRAINT stock_movements_quantity_change_check CHECK (quantity_change <> 0),
  CONSTRAINT stock_movements_reason_check CHECK (reason IN ('opening', 'receipt', 'sale', 'return', 'adjustment'))
);

CREATE INDEX stock_movements_product_id_idx ON stock_movements (product_id, id);
CREATE INDEX stock_movements_user_id_idx ON stock_movements (user_id);

-- Before the trigger that would count it twice.
INSERT INTO stock_movements (product_id, quantity_change, reason, created_at)
SELECT product_id, quantity, 'opening', updated_at
FROM inventory
WHERE quantity <> 0;

-- Two sales of the same products lock them in the same order, so neither waits for the other in a circle.
CREATE FUNCTION apply_stock_movements() RETURNS trigger
LANGUAGE plpgsql
SET search_path = public, pg_temp
AS $$
BEGIN
  INSERT INTO inventory (product_id)
  SELECT DISTINCT product_id FROM new_movements ORDER BY product_id
  ON CONFLICT (product_id) DO NOTHING;

  PERFORM 1
  FROM inventory
  WHERE product_id IN (SELECT product_id FROM new_movements)
  ORDER BY product_id
  FOR NO KEY UPDATE;

  UPDATE inventory
  SET quantity = inventory.quantity + movements.quantity_change
  FROM (
    SELECT product_id, sum(quantity_change)::bigint AS quantity_change FROM new_movements GROUP BY product_id
  ) AS movements
  WHERE inventory.product_id = movements.product_id;

  RETURN NULL;
END
$$;

CREATE TRIGGER stock_movements_apply
  AFTER INSERT ON stock_movements
  REFERENCING NEW TABLE AS new_movements
  FOR EACH STATEMENT
  EXECUTE FUNCTION apply_stock_movements();

CREATE FUNCTION refuse_change_of_stock_movements() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
  RAISE EXCEPTION 'stock_movements is append-only: % refused', TG_OP
    USING ERRCODE = 'restrict_violation',
      TABLE = TG_TABLE_NAME,
      SCHEMA = TG_TABLE_SCHEMA,
      HINT = 'Insert a movement of reason adjustment that puts it right.';
END
$$;

CREATE TRIGGER stock_movements_append_only
  BEFORE UPDATE OR DELETE ON stock_movements
  FOR EACH STATEMENT
  EXECUTE FUNCTION refuse_change_of_stock_movements();

-- Emptying the table is an operator's deed, not an application's: allowed, and the stock follows.
CREATE FUNCTION empty_inventory() RETURNS trigger
LANGUAGE plpgsql
SET search_path = public, pg_temp
AS $$
BEGIN
  UPDATE inventory SET quantity = 0 WHERE quantity <> 0;
  RETURN NULL;
END
$$;

CREATE TRIGGER stock_movements_empty_inventory
  AFTER TRUNCATE ON stock_movements
  FOR EACH STATEMENT
  EXECUTE FUNCTION empty_inventory();

CREATE FUNCTION refuse_change_of_inventory() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
  RAISE EXCEPTION 'inventory.quantity follows stock_movements: % refused', TG_OP
    USING ERRCODE = 'restrict_violation',
      TABLE = TG_TABLE_NAME,
      SCHEMA = TG_TABLE_SCHEMA,
      HINT = 'Insert into stock_movements; its trigger moves the stock.';
END
$$;

-- A depth of zero means that no trigger is the writer.
CREATE TRIGGER inventory_follows_movements_on_insert
  BEFORE INSERT ON inventory
  FOR EACH ROW
  WHEN (pg_trigger_depth() = 0 AND NEW.quantity <> 0)
  EXECUTE FUNCTION refuse_change_of_inventory();

CREATE TRIGGER inventory_follows_movements_on_update
  BEFORE UPDATE ON inventory
  FOR EACH ROW
  WHEN (pg_trigger_depth() = 0 AND (OLD.quantity <> NEW.quantity OR OLD.product_id <> NEW.product_id))
  EXECUTE FUNCTION refuse_change_of_inventory();

CREATE TRIGGER inventory_follows_movements_on_delete
  BEFORE DELETE ON inventory
  FOR EACH ROW
  WHEN (pg_trigger_depth() = 0 AND OLD.quantity <> 0)
  EXECUTE FUNCTION refuse_change_of_inventory();

COMMENT ON TABLE stock_movements IS
  'Every change of stock, append-only: UPDATE and DELETE are refused. The sum for a product equals inventory.quantity.';
COMMENT ON COLUMN stock_movements.id IS 'In the order of insertion.';
COMMENT ON COLUMN stock_movements.quantity_change IS 'Pieces that came (positive) or went (negative); never zero.';
COMMENT ON COLUMN stock_movements.reason IS
  'opening (stock from before movements were kept), receipt, sale, return or adjustment.';
COMMENT ON COLUMN stock_movements.user_id IS
  'Cross-database reference: users.id of atriz_shared, who moved the stock; null when a machine did.';
COMMENT ON COLUMN inventory.quantity IS 'Pieces in stock now, zero or more; written by the triggers of stock_movements only.';
COMMENT ON FUNCTION apply_stock_movements() IS 'Trigger function: adds the inserted movements to inventory.';
COMMENT ON FUNCTION refuse_change_of_stock_movements() IS 'Trigger function: keeps stock_movements append-only.';
COMMENT ON FUNCTION empty_inventory() IS 'Trigger function: a TRUNCATE of stock_movements brings every stock to zero.';
COMMENT ON FUNCTION refuse_change_of_inventory() IS
  'Trigger function: refuses writes to inventory.quantity that no movement stands behind.';

-- Down Migration
-- Drops the movements; stock figures stay as they are, and may be written freely again.
-- Lock: ACCESS EXCLUSIVE on stock_movements, inventory and (for the foreign key) products.

DROP TRIGGER inventory_follows_movements_on_delete ON inventory;
DROP TRIGGER inventory_follows_movements_on_update ON inventory;
DROP TRIGGER inventory_follows_movements_on_insert ON inventory;
DROP FUNCTION refuse_change_of_inventory();
DROP TABLE stock_movements;
DROP FUNCTION empty_inventory();
DROP FUNCTION refuse_change_of_stock_movements();
DROP FUNCTION apply_stock_movements();

COMMENT ON COLUMN inventory.quantity IS 'Pieces in stock now, zero or more.';
