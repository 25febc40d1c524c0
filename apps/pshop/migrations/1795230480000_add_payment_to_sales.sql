-- Up Migration
-- How a sale was paid. The shop took nothing but cash until now, so that is what existing sales say.
-- Lock: ACCESS EXCLUSIVE on sales, for one reading of the table.

ALTER TABLE sales
  ADD COLUMN payment_method text NOT NULL DEFAULT 'cash',
  ADD CONSTRAINT sales_payment_method_check CHECK (payment_method IN ('cash', 'card', 'transfer'));

-- From now on the till has to say.
ALTER TABLE sales ALTER COLUMN payment_method DROP DEFAULT;

COMMENT ON COLUMN sales.payment_method IS 'cash, card or transfer.';

-- Down Migration
-- Forgets how sales were paid.
-- Lock: ACCESS EXCLUSIVE on sales, briefly.

ALTER TABLE sales DROP COLUMN payment_method;
