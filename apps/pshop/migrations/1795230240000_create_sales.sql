-- Up Migration
-- Sales and their lines. Money is in integer cents; a line's total is computed by PostgreSQL.
-- Lock: SHARE ROW EXCLUSIVE on products (the foreign key), for as long as it takes to make empty tables.

CREATE TABLE sales (
  id uuid NOT NULL DEFAULT gen_random_uuid(),
  user_id uuid NOT NULL,
  total_cents bigint NOT NULL,
  sold_at timestamptz NOT NULL DEFAULT now(),
  created_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT sales_pkey PRIMARY KEY (id),
  CONSTRAINT sales_total_cents_check CHECK (total_cents >= 0)
);

CREATE INDEX sales_user_id_idx ON sales (user_id, sold_at);
CREATE INDEX sales_sold_at_idx ON sales (sold_at);

CREATE TABLE sale_items (
  id uuid NOT NULL DEFAULT gen_random_uuid(),
  sale_id uuid NOT NULL,
  line_number bigint NOT NULL,
  product_id uuid NOT NULL,
  quantity bigint NOT NULL,
  unit_price_cents bigint NOT NULL,
  line_total_cents bigint NOT NULL GENERATED ALWAYS AS (quantity * unit_price_cents) STORED,
  CONSTRAINT sale_items_pkey PRIMARY KEY (id),
  CONSTRAINT sale_items_sale_id_line_number_key UNIQUE (sale_id, line_number),
  CONSTRAINT sale_items_sale_id_fkey FOREIGN KEY (sale_id) REFERENCES sales (id) ON DELETE CASCADE,
  CONSTRAINT sale_items_product_id_fkey FOREIGN KEY (product_id) REFERENCES products (id) ON DELETE RESTRICT,
  CONSTRAINT sale_items_line_number_check CHECK (line_number >= 1),
  CONSTRAINT sale_items_quantity_check CHECK (quantity BETWEEN 1 AND 1000000),
  CONSTRAINT sale_items_unit_price_cents_check CHECK (unit_price_cents BETWEEN 0 AND 100000000)
);

CREATE INDEX sale_items_product_id_idx ON sale_items (product_id);

COMMENT ON TABLE sales IS 'One row for each sale at the till.';
COMMENT ON COLUMN sales.user_id IS 'Cross-database reference: users.id of atriz_shared, who made the sale.';
COMMENT ON COLUMN sales.total_cents IS 'What the sale came to, in cents.';
COMMENT ON COLUMN sales.sold_at IS 'When the customer paid; created_at is when the row was written, later for a till that was offline.';
COMMENT ON TABLE sale_items IS 'The lines of a sale. The unique key on (sale_id, line_number) also serves the foreign key sale_id.';
COMMENT ON COLUMN sale_items.line_number IS 'Place on the receipt, from 1.';
COMMENT ON COLUMN sale_items.unit_price_cents IS 'Price of one at the time of the sale, in cents.';
COMMENT ON COLUMN sale_items.line_total_cents IS 'quantity × unit_price_cents, in cents; generated.';

-- Down Migration
-- Drops both tables with every sale in them.
-- Lock: ACCESS EXCLUSIVE on sale_items, sales and (for the foreign key) products.

DROP TABLE sale_items;
DROP TABLE sales;
