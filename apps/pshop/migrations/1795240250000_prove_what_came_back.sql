-- Up Migration
-- Proves the check of the migration before this one against the lines that exist.
-- Lock: SHARE UPDATE EXCLUSIVE on sale_items, for one reading of it.

ALTER TABLE sale_items VALIDATE CONSTRAINT sale_items_refunded_quantity_check;

-- Down Migration
-- Puts the check back as it was before: held for new rows, not proved for those that exist.
-- Lock: ACCESS EXCLUSIVE on sale_items, briefly.

ALTER TABLE sale_items
  DROP CONSTRAINT sale_items_refunded_quantity_check,
  ADD CONSTRAINT sale_items_refunded_quantity_check
    CHECK (refunded_quantity BETWEEN 0 AND quantity) NOT VALID;
