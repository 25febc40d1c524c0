-- Up Migration
-- Says when to order more of a product, and lets a product leave the shelf without leaving the books.
-- Lock: ACCESS EXCLUSIVE on products and inventory, for one reading of inventory.

ALTER TABLE inventory
  ADD COLUMN reorder_level bigint NOT NULL DEFAULT 0,
  ADD CONSTRAINT inventory_reorder_level_check CHECK (reorder_level >= 0);

ALTER TABLE products ADD COLUMN retired_at timestamptz;

CREATE INDEX products_name_idx ON products (name) WHERE retired_at IS NULL;

COMMENT ON COLUMN inventory.reorder_level IS 'Order more once fewer than this many are left; zero for never.';
COMMENT ON COLUMN products.retired_at IS 'When the product left the shelf; null while it is sold.';

-- Down Migration
-- Forgets reorder levels, and puts retired products back on the shelf.
-- Lock: ACCESS EXCLUSIVE on products and inventory, briefly.

ALTER TABLE products DROP COLUMN retired_at;
ALTER TABLE inventory DROP COLUMN reorder_level;
