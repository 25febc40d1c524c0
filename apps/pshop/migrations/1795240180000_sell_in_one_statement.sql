-- Up Migration
-- A checkout as one function, so that a till sends it in one round trip and holds the stock for as short as can be: the
-- rows of inventory are locked by the last statement of it, in the order of products.
-- Lock: none on existing tables; a new function only.

CREATE FUNCTION check_out(
  new_sale_id uuid,
  paid_by text,
  wanted_products uuid[],
  wanted_pieces bigint[],
  request_key text,
  hash_of_request text
) RETURNS bigint[]
LANGUAGE plpgsql
SET search_path = public, pg_temp
SET lock_timeout = '3s'
AS $$
DECLARE
  prices bigint[];
  total bigint;
  unknown_product uuid;
BEGIN
  IF request_key IS NOT NULL THEN
    -- Waits for another transaction that has the same key, until it is known how that one ended.
    INSERT INTO idempotency_keys (user_id, key, request_hash, made_id)
    VALUES (current_user_id(), request_key, hash_of_request, new_sale_id)
    ON CONFLICT DO NOTHING;
    IF NOT FOUND THEN
      RETURN NULL;
    END IF;
  END IF;

  SELECT
    array_agg(products.price_cents ORDER BY line.number),
    sum(line.pieces * products.price_cents)::bigint,
    (array_agg(line.product_id ORDER BY line.number) FILTER (WHERE products.id IS NULL))[1]
  INTO prices, total, unknown_product
  FROM unnest(wanted_products, wanted_pieces) WITH ORDINALITY AS line (product_id, pieces, number)
  LEFT JOIN products ON products.id = line.product_id AND products.retired_at IS NULL;

  IF unknown_product IS NOT NULL THEN
    RAISE EXCEPTION 'product % is not one that the shop sells', unknown_product
      USING ERRCODE = 'foreign_key_violation',
        TABLE = 'sale_items',
        CONSTRAINT = 'sale_items_product_id_fkey',
        DETAIL = unknown_product;
  END IF;

  -- What is sold out is told before a row is written or locked. The constraint decides about the last pieces.
  PERFORM 1
  FROM (
    SELECT line.product_id, sum(line.pieces) AS pieces
    FROM unnest(wanted_products, wanted_pieces) AS line (product_id, pieces)
    GROUP BY line.product_id
  ) AS wanted
  LEFT JOIN inventory ON inventory.product_id = wanted.product_id
  WHERE wanted.pieces > coalesce(inventory.quantity, 0);
  IF FOUND THEN
    RAISE EXCEPTION 'there is not enough in stock'
      USING ERRCODE = 'check_violation', TABLE = 'inventory', CONSTRAINT = 'inventory_quantity_check';
  END IF;

  INSERT INTO sales (id, user_id, total_cents, payment_method)
  VALUES (new_sale_id, current_user_id(), total, paid_by);

  WITH sold AS (
    INSERT INTO sale_items (sale_id, line_number, product_id, quantity, unit_price_cents)
    SELECT new_sale_id, line.number, line.product_id, line.pieces, line.price_cents
    FROM unnest(wanted_products, wanted_pieces, prices) WITH ORDINALITY
      AS line (product_id, pieces, price_cents, number)
    RETURNING id, product_id, quantity
  )
  INSERT INTO stock_movements (product_id, quantity_change, reason, sale_item_id, user_id)
  SELECT product_id, -quantity, 'sale', id, current_user_id() FROM sold;

  RETURN prices;
END
$$;

COMMENT ON FUNCTION check_out(uuid, text, uuid[], bigint[], text, text) IS
  'Sells for current_user_id() at today''s prices, which it returns line by line; null, with nothing done, when the key was '
  'used before. Raises foreign_key_violation for a product that is not sold (its id as DETAIL), check_violation of '
  'inventory_quantity_check when there is not enough, lock_not_available after 3 s behind another sale.';

-- Down Migration
-- Takes the function away; sales that it made stay.
-- Lock: none on tables.

DROP FUNCTION check_out(uuid, text, uuid[], bigint[], text, text);
