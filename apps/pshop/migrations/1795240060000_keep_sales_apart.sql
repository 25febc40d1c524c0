-- Up Migration
-- Row-level security, forced: who sells writes sales and movements in their own name and reads their own; managers and
-- admins read all, and only they move stock for another reason than a sale or a return. Products and stock figures belong
-- to nobody. The check of a sale's total becomes its owner's, so that it sees the sale whoever the transaction works for.
-- Lock: ACCESS EXCLUSIVE on sales, sale_items and stock_movements, briefly; nothing is read or rewritten.

ALTER TABLE sales ENABLE ROW LEVEL SECURITY;
ALTER TABLE sales FORCE ROW LEVEL SECURITY;
CREATE POLICY sales_read ON sales FOR SELECT
  USING (
    user_id = (SELECT current_user_id())
    OR (SELECT current_user_has_role('manager') OR current_user_has_role('admin'))
  );
CREATE POLICY sales_sell ON sales FOR INSERT
  WITH CHECK (user_id = (SELECT current_user_id()));

ALTER TABLE sale_items ENABLE ROW LEVEL SECURITY;
ALTER TABLE sale_items FORCE ROW LEVEL SECURITY;
CREATE POLICY sale_items_read ON sale_items FOR SELECT
  USING (EXISTS (SELECT FROM sales WHERE sales.id = sale_items.sale_id));
CREATE POLICY sale_items_sell ON sale_items FOR INSERT
  WITH CHECK (
    EXISTS (SELECT FROM sales WHERE sales.id = sale_items.sale_id AND sales.user_id = (SELECT current_user_id()))
  );

ALTER TABLE stock_movements ENABLE ROW LEVEL SECURITY;
ALTER TABLE stock_movements FORCE ROW LEVEL SECURITY;
CREATE POLICY stock_movements_read ON stock_movements FOR SELECT
  USING (
    user_id = (SELECT current_user_id())
    OR (SELECT current_user_has_role('manager') OR current_user_has_role('admin'))
  );
CREATE POLICY stock_movements_move ON stock_movements FOR INSERT
  WITH CHECK (
    user_id = (SELECT current_user_id())
    AND (
      (reason IN ('sale', 'return') AND sale_item_id IS NOT NULL)
      OR (SELECT current_user_has_role('manager') OR current_user_has_role('admin'))
    )
  );

ALTER FUNCTION check_sale_total() SECURITY DEFINER;

COMMENT ON POLICY sales_read ON sales IS 'Read by who sold, by managers and by admins.';
COMMENT ON POLICY sales_sell ON sales IS 'Everybody sells in their own name.';
COMMENT ON POLICY sale_items_read ON sale_items IS 'Read by who may read the sale.';
COMMENT ON POLICY sale_items_sell ON sale_items IS 'Written by who makes the sale.';
COMMENT ON POLICY stock_movements_read ON stock_movements IS 'Read by who moved the stock, by managers and by admins.';
COMMENT ON POLICY stock_movements_move ON stock_movements IS
  'Written in one''s own name: what a sale takes and a refund brings back by everybody, all else by managers and admins.';

-- Down Migration
-- Opens the three tables again to everybody who may read and write them.
-- Lock: ACCESS EXCLUSIVE on sales, sale_items and stock_movements, briefly.

ALTER FUNCTION check_sale_total() SECURITY INVOKER;

DROP POLICY stock_movements_move ON stock_movements;
DROP POLICY stock_movements_read ON stock_movements;
ALTER TABLE stock_movements NO FORCE ROW LEVEL SECURITY;
ALTER TABLE stock_movements DISABLE ROW LEVEL SECURITY;

DROP POLICY sale_items_sell ON sale_items;
DROP POLICY sale_items_read ON sale_items;
ALTER TABLE sale_items NO FORCE ROW LEVEL SECURITY;
ALTER TABLE sale_items DISABLE ROW LEVEL SECURITY;

DROP POLICY sales_sell ON sales;
DROP POLICY sales_read ON sales;
ALTER TABLE sales NO FORCE ROW LEVEL SECURITY;
ALTER TABLE sales DISABLE ROW LEVEL SECURITY;
