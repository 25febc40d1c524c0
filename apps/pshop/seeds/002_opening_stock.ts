import { seedId, type SeedFunction } from '@atriz/database';
import { createKysely } from '@atriz/database/kysely';
import type { Insertable } from 'kysely';
import type { DB, StockMovements } from '../src/schema.ts';

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
  const movements = skus.map((sku): Insertable<StockMovements> => ({
    product_id: seedId(`product:${sku}`),
    quantity_change: PIECES_BY_SKU[sku]!,
    reason: 'receipt',
    reference: DELIVERY,
    user_id: seedId('user:manager@atriz.dev'),
  }));
  const db = createKysely<DB>(client);
  await db
    .insertInto('stock_movements')
    .values(movements)
    .onConflict((conflict) =>
      conflict.columns(['reference', 'product_id']).where('reference', 'is not', null).doNothing(),
    )
    .execute();
  await db
    .updateTable('inventory')
    .set({ reorder_level: REORDER_LEVEL })
    .where(
      'product_id',
      'in',
      movements.map(({ product_id: id }) => id),
    )
    .where('reorder_level', '=', '0')
    .execute();
  log(`stock of ${skus.length} products`);
};

export default seed;
