import { seedId, type SeedFunction } from '@atriz/database';
import { createKysely } from '@atriz/database/kysely';
import type { Insertable } from 'kysely';
import type { DB, Products } from '../src/schema.ts';

const PRODUCTS = [
  { sku: 'BAG-CANVAS', name: 'Canvas bag', priceCents: 1490 },
  { sku: 'BOOK-NOTES-A5', name: 'Notebook A5', priceCents: 690 },
  { sku: 'BOTTLE-500', name: 'Water bottle, 500 ml', priceCents: 1250 },
  { sku: 'CABLE-USB-C', name: 'USB-C cable, 1 m', priceCents: 899 },
  { sku: 'CAP-BLACK', name: 'Cap, black', priceCents: 1800 },
  { sku: 'CARD-THANKS', name: 'Thank-you card', priceCents: 250 },
  { sku: 'LAMP-DESK', name: 'Desk lamp', priceCents: 3990 },
  { sku: 'MUG-WHITE', name: 'Mug, white', priceCents: 950 },
  { sku: 'PEN-BLUE', name: 'Pen, blue', priceCents: 180 },
  { sku: 'SHIRT-M', name: 'T-shirt, M', priceCents: 2200 },
  { sku: 'STICKERS', name: 'Stickers, sheet of ten', priceCents: 300 },
  { sku: 'UMBRELLA', name: 'Umbrella', priceCents: 1999 },
];

/** What the development shop sells. */
const seed: SeedFunction = async (client, { environment, log }) => {
  if (environment === 'production') {
    log('no products: they are invented, and this is production');
    return;
  }
  const products = PRODUCTS.map(({ sku, name, priceCents }): Insertable<Products> => ({
    id: seedId(`product:${sku}`),
    sku,
    name,
    price_cents: priceCents,
  }));
  const db = createKysely<DB>(client);
  await db
    .insertInto('products')
    .values(products)
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  log(`${PRODUCTS.length} products`);
};

export default seed;
