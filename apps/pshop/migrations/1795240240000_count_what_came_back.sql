-- Up Migration
-- How much of a line was refunded, kept on the line itself: the check on it is what no two refunds at once get round.
-- Lock: ACCESS EXCLUSIVE on sale_items, briefly; nothing is read or rewritten.

ALTER TABLE sale_items
  ADD COLUMN refunded_quantity bigint NOT NULL DEFAULT 0,
  ADD CONSTRAINT sale_items_refunded_quantity_check CHECK (refunded_quantity BETWEEN 0 AND quantity) NOT VALID;

COMMENT ON COLUMN sale_items.refunded_quantity IS
  'Pieces of the line that were refunded, at most all; written by the trigger of refund_items only.';

-- Down Migration
-- Forgets how much of each line was refunded; by now no refund is there.
-- Lock: ACCESS EXCLUSIVE on sale_items, briefly.

ALTER TABLE sale_items DROP COLUMN refunded_quantity;
