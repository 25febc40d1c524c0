-- Up Migration
-- Ties movements to what caused them: the line that was sold, or a document's number, each at most once. Writing the
-- same delivery twice is then a conflict and not a doubled stock.
-- Lock: ACCESS EXCLUSIVE on stock_movements for one reading and two index builds; SHARE ROW EXCLUSIVE on sale_items.

ALTER TABLE stock_movements
  ADD COLUMN sale_item_id uuid,
  ADD COLUMN reference text,
  ADD CONSTRAINT stock_movements_sale_item_id_fkey
    FOREIGN KEY (sale_item_id) REFERENCES sale_items (id) ON DELETE RESTRICT,
  ADD CONSTRAINT stock_movements_sale_item_check CHECK (sale_item_id IS NULL OR reason IN ('sale', 'return')),
  ADD CONSTRAINT stock_movements_reference_check CHECK (btrim(reference) <> '' AND length(reference) <= 200);

CREATE UNIQUE INDEX stock_movements_sold_once_key ON stock_movements (sale_item_id) WHERE reason = 'sale';
CREATE INDEX stock_movements_sale_item_id_idx ON stock_movements (sale_item_id);
CREATE UNIQUE INDEX stock_movements_reference_product_id_key
  ON stock_movements (reference, product_id) WHERE reference IS NOT NULL;

COMMENT ON COLUMN stock_movements.sale_item_id IS
  'The line that was sold or came back; null for movements that no sale caused.';
COMMENT ON COLUMN stock_movements.reference IS
  'Number of the delivery note, stocktake or other document; moves a product at most once. Null where there is none.';

-- Down Migration
-- Forgets what caused each movement; the movements stay.
-- Lock: ACCESS EXCLUSIVE on stock_movements and (for the foreign key) sale_items, briefly.

ALTER TABLE stock_movements
  DROP COLUMN reference,
  DROP COLUMN sale_item_id;
