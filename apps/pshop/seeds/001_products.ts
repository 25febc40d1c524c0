import { seedId, type SeedFunction } from '@atriz/database';

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
  for (const { sku, name, priceCents } of PRODUCTS) {
    await client.query(
      `INSERT INTO products (id, sku, name, price_cents)
       VALUES ($1, $2, $3, $4)
       ON CONFLICT DO NOTHING`,
      [seedId(`product:${sku}`), sku, name, priceCents],
    );
  }
  log(`${PRODUCTS.length} products`);
};

export default seed;
