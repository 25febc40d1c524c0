import { seedId, type SeedFunction } from '@atriz/database';

const SALES = [
  {
    number: 1,
    seller: 'olivia@atriz.dev',
    paymentMethod: 'card',
    soldAt: '2026-01-30T10:15:00Z',
    totalCents: 3390,
    lines: [
      { sku: 'BAG-CANVAS', quantity: 1, unitPriceCents: 1490 },
      { sku: 'MUG-WHITE', quantity: 2, unitPriceCents: 950 },
    ],
  },
  {
    number: 2,
    seller: 'olivia@atriz.dev',
    paymentMethod: 'cash',
    soldAt: '2026-01-30T11:40:00Z',
    totalCents: 1800,
    lines: [{ sku: 'PEN-BLUE', quantity: 10, unitPriceCents: 180 }],
  },
  {
    number: 3,
    seller: 'liam@atriz.dev',
    paymentMethod: 'card',
    soldAt: '2026-01-31T16:05:00Z',
    totalCents: 7189,
    lines: [
      { sku: 'LAMP-DESK', quantity: 1, unitPriceCents: 3990 },
      { sku: 'BOOK-NOTES-A5', quantity: 4, unitPriceCents: 690 },
      { sku: 'PEN-BLUE', quantity: 1, unitPriceCents: 180 },
      { sku: 'CARD-THANKS', quantity: 1, unitPriceCents: 259 },
    ],
  },
];

/** A few sales with their lines and the stock that they took; the thank-you card of the third cost more that day. */
const seed: SeedFunction = async (client, { environment, log }) => {
  if (environment === 'production') {
    log('no sales: they are invented, and this is production');
    return;
  }
  for (const { number, seller, paymentMethod, soldAt, totalCents, lines } of SALES) {
    const saleId = seedId(`sale:${number}`);
    const userId = seedId(`user:${seller}`);
    const { rowCount } = await client.query(
      `INSERT INTO sales (id, user_id, total_cents, payment_method, sold_at)
       VALUES ($1, $2, $3, $4, $5)
       ON CONFLICT DO NOTHING`,
      [saleId, userId, totalCents, paymentMethod, soldAt],
    );
    if (rowCount === 0) continue;
    for (const [index, { sku, quantity, unitPriceCents }] of lines.entries()) {
      const itemId = seedId(`sale-item:${number}:${index + 1}`);
      const productId = seedId(`product:${sku}`);
      await client.query(
        `INSERT INTO sale_items (id, sale_id, line_number, product_id, quantity, unit_price_cents)
         VALUES ($1, $2, $3, $4, $5, $6)`,
        [itemId, saleId, index + 1, productId, quantity, unitPriceCents],
      );
      await client.query(
        `INSERT INTO stock_movements (product_id, quantity_change, reason, sale_item_id, user_id, created_at)
         VALUES ($1, $2, 'sale', $3, $4, $5)`,
        [productId, -quantity, itemId, userId, soldAt],
      );
    }
  }
  log(`${SALES.length} sales`);
};

export default seed;
