import { seedId, type SeedFunction } from '@atriz/database';
import { createKysely } from '@atriz/database/kysely';
import type { Insertable } from 'kysely';
import type { DB, SaleItems } from '../src/schema.ts';

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
  const db = createKysely<DB>(client);
  for (const { number, seller, paymentMethod, soldAt, totalCents, lines } of SALES) {
    const saleId = seedId(`sale:${number}`);
    const userId = seedId(`user:${seller}`);
    const sale = await db
      .insertInto('sales')
      .values({
        id: saleId,
        user_id: userId,
        total_cents: totalCents,
        payment_method: paymentMethod,
        sold_at: soldAt,
      })
      .onConflict((conflict) => conflict.doNothing())
      .executeTakeFirstOrThrow();
    if (sale.numInsertedOrUpdatedRows === 0n) continue;
    const items = lines.map(({ sku, quantity, unitPriceCents }, index) => ({
      id: seedId(`sale-item:${number}:${index + 1}`),
      sale_id: saleId,
      line_number: index + 1,
      product_id: seedId(`product:${sku}`),
      quantity,
      unit_price_cents: unitPriceCents,
    })) satisfies Insertable<SaleItems>[];
    await db.insertInto('sale_items').values(items).execute();
    const movements = items.map(({ id, product_id, quantity }) => ({
      product_id,
      quantity_change: -quantity,
      reason: 'sale',
      sale_item_id: id,
      user_id: userId,
      created_at: soldAt,
    }));
    await db.insertInto('stock_movements').values(movements).execute();
  }
  log(`${SALES.length} sales`);
};

export default seed;
