-- Up Migration
-- Proves the check of the migration before this one against the lines that exist.
-- Lock: SHARE UPDATE EXCLUSIVE on sale_items, for one reading of it.

ALTER TABLE sale_items VALIDATE CONSTRAINT sale_items_refunded_quantity_check;

-- Down Migration
-- Nothing to undo: a check that was proved holds for new rows as before.
-- Lock: none.

SELECT;
