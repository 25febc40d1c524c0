-- Up Migration
-- How many of each product are in stock: never fewer than none.
-- Lock: SHARE ROW EXCLUSIVE on products (the foreign key), for as long as it takes to make an empty table.

CREATE TABLE inventory (
  product_id uuid NOT NULL,
  quantity bigint NOT NULL DEFAULT 0,
  updated_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT inventory_pkey PRIMARY KEY (product_id),
  CONSTRAINT inventory_product_id_fkey FOREIGN KEY (product_id) REFERENCES products (id) ON DELETE RESTRICT,
  CONSTRAINT inventory_quantity_check CHECK (quantity >= 0)
);

CREATE TRIGGER inventory_set_updated_at
  BEFORE UPDATE ON inventory
  FOR EACH ROW
  EXECUTE FUNCTION set_updated_at();

COMMENT ON TABLE inventory IS 'The stock of each product; no row means that it never had any.';
COMMENT ON COLUMN inventory.quantity IS 'Pieces in stock now, zero or more.';

-- Down Migration
-- Drops the table with every stock figure in it.
-- Lock: ACCESS EXCLUSIVE on inventory and (for its foreign key) products.

DROP TABLE inventory;
