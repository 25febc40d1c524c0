import { seedId, type SeedFunction } from '@atriz/database';

const DELIVERY = 'DEV-DELIVERY-1';
const PIECES_BY_SKU: Readonly<Record<string, number>> = {
  'BAG-CANVAS': 40,
  'BOOK-NOTES-A5': 120,
  'BOTTLE-500': 60,
  'CABLE-USB-C': 80,
  'CAP-BLACK': 25,
  'CARD-THANKS': 300,
  'LAMP-DESK': 12,
  'MUG-WHITE': 90,
  'PEN-BLUE': 500,
  'SHIRT-M': 45,
  STICKERS: 200,
  UMBRELLA: 10,
};
const REORDER_LEVEL = 20;

/** A first delivery of everything. Its number makes a second one of the same a conflict, and so no delivery at all. */
const seed: SeedFunction = async (client, { environment, log }) => {
  if (environment === 'production') {
    log('no stock: it is invented, and this is production');
    return;
  }
  const skus = Object.keys(PIECES_BY_SKU);
  await client.query(
    `INSERT INTO stock_movements (product_id, quantity_change, reason, reference, user_id)
     SELECT product_id, quantity, 'receipt', $3, $4
     FROM unnest($1::uuid[], $2::bigint[]) AS delivered (product_id, quantity)
     ON CONFLICT (reference, product_id) WHERE reference IS NOT NULL DO NOTHING`,
    [
      skus.map((sku) => seedId(`product:${sku}`)),
      Object.values(PIECES_BY_SKU),
      DELIVERY,
      seedId('user:manager@atriz.dev'),
    ],
  );
  await client.query('UPDATE inventory SET reorder_level = $2 WHERE product_id = ANY ($1) AND reorder_level = 0', [
    skus.map((sku) => seedId(`product:${sku}`)),
    REORDER_LEVEL,
  ]);
  log(`stock of ${skus.length} products`);
};

export default seed;
