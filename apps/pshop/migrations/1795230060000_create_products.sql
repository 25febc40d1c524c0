-- Up Migration
-- What the shop sells.
-- Lock: none on existing tables; a new table only.

CREATE TABLE products (
  id uuid NOT NULL DEFAULT gen_random_uuid(),
  sku text NOT NULL,
  name text NOT NULL,
  description text NOT NULL DEFAULT '',
  price_cents bigint NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT products_pkey PRIMARY KEY (id),
  CONSTRAINT products_sku_key UNIQUE (sku),
  CONSTRAINT products_sku_check CHECK (sku ~ '^[A-Z0-9]+(-[A-Z0-9]+)*$' AND length(sku) <= 40),
  CONSTRAINT products_name_check CHECK (btrim(name) <> '' AND length(name) <= 200),
  CONSTRAINT products_price_cents_check CHECK (price_cents BETWEEN 0 AND 100000000)
);

CREATE TRIGGER products_set_updated_at
  BEFORE UPDATE ON products
  FOR EACH ROW
  EXECUTE FUNCTION set_updated_at();

COMMENT ON TABLE products IS 'What the shop sells, or has sold.';
COMMENT ON COLUMN products.sku IS 'Stock-keeping unit: the shop''s own code for the product, capitals and digits.';
COMMENT ON COLUMN products.price_cents IS 'Price of one today, in cents, up to a million whole units. A sale keeps the price it was made at.';

-- Down Migration
-- Drops the table with every product in it.
-- Lock: ACCESS EXCLUSIVE on products.

DROP TABLE products;
