import { withTransaction } from '@atriz/database';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestDatabase, type TestDatabase } from '../test/database.ts';
import { insertProducts, MUG, PEN } from '../test/products.ts';
import { managerAt, OTHER_SELLER, SELLER, sellerAt } from '../test/tills.ts';
import { readDayReport } from './day-report.ts';

const NOTHING = { count: 0, pieces: 0, totalCents: 0, byPaymentMethod: { cash: 0, card: 0, transfer: 0 } };
let test: TestDatabase;

beforeAll(async () => {
  test = await openTestDatabase();
  await insertProducts(test.owner);
  // Berlin, 29 March 2026: clocks go from 02:00 to 03:00. The day begins at 23:00Z and ends at 22:00Z.
  const lastOfThe28th = '2026-03-28T22:59:59.999999Z';
  await book({ id: 'a', userId: SELLER, method: 'cash', soldAt: lastOfThe28th, mugs: 1, pens: 1 });
  await book({ id: 'b', userId: SELLER, method: 'cash', soldAt: '2026-03-28T23:00:00Z', mugs: 2, pens: 3 });
  await book({ id: 'c', userId: SELLER, method: 'card', soldAt: '2026-03-29T21:59:59.999999Z', mugs: 1, pens: 1 });
  await book({ id: 'd', userId: OTHER_SELLER, method: 'cash', soldAt: '2026-03-29T10:00:00Z', mugs: 1, pens: 10 });
  await book({ id: 'e', userId: SELLER, method: 'transfer', soldAt: '2026-03-29T22:00:00Z', mugs: 3, pens: 1 });
  // Of a sale of the day before, given back on the day.
  await test.owner.query(
    `WITH refund AS (
       INSERT INTO refunds (sale_id, user_id, refunded_at)
       SELECT id, user_id, '2026-03-29T09:00:00Z' FROM sales WHERE id = $1
       RETURNING id
     )
     INSERT INTO refund_items (refund_id, sale_item_id, quantity)
     SELECT refund.id, sale_items.id, 1 FROM refund, sale_items WHERE sale_id = $1 AND line_number = 1`,
    [saleId('a')],
  );
});
afterAll(() => test[Symbol.asyncDispose]());

function saleId(last: string): string {
  return `00000000-0000-4000-8000-00000000000${last}`;
}

interface Booked {
  readonly id: string;
  readonly userId: string;
  readonly method: string;
  readonly soldAt: string;
  readonly mugs: number;
  readonly pens: number;
}

/** A sale of mugs for 9.50 and pens for 1.80. */
async function book({ id, userId, method, soldAt, mugs, pens }: Booked): Promise<void> {
  await withTransaction(test.owner.pool, async (client) => {
    await client.query(
      'INSERT INTO sales (id, user_id, total_cents, payment_method, sold_at) VALUES ($1, $2, $3, $4, $5)',
      [saleId(id), userId, mugs * 950 + pens * 180, method, soldAt],
    );
    await client.query(
      `INSERT INTO sale_items (sale_id, line_number, product_id, quantity, unit_price_cents)
       VALUES ($1, 1, $2, $4, 950), ($1, 2, $3, $5, 180)`,
      [saleId(id), MUG, PEN, mugs, pens],
    );
  });
}

describe('the report of a day', () => {
  it('counts from the zone’s midnight to the next, over 23 hours where clocks go forward', async () => {
    const report = await readDayReport(sellerAt(test.db), { date: '2026-03-29', timeZone: 'Europe/Berlin' });
    expect(report).toStrictEqual({
      from: new Date('2026-03-28T23:00:00Z'),
      until: new Date('2026-03-29T22:00:00Z'),
      sales: { count: 2, pieces: 7, totalCents: 3570, byPaymentMethod: { cash: 2440, card: 1130, transfer: 0 } },
      refunds: { count: 1, pieces: 1, totalCents: 950, byPaymentMethod: { cash: 950, card: 0, transfer: 0 } },
      netCents: 2620,
    });
  });

  it('has 25 hours where clocks go back', async () => {
    const { from, until } = await readDayReport(sellerAt(test.db), { date: '2026-10-25', timeZone: 'Europe/Berlin' });
    expect([from, until]).toStrictEqual([new Date('2026-10-24T22:00:00Z'), new Date('2026-10-25T23:00:00Z')]);
  });

  it('has everybody’s sales for a manager', async () => {
    const report = await readDayReport(managerAt(test.db), { date: '2026-03-29', timeZone: 'Europe/Berlin' });
    expect(report.sales).toStrictEqual({
      count: 3,
      pieces: 18,
      totalCents: 6320,
      byPaymentMethod: { cash: 5190, card: 1130, transfer: 0 },
    });
  });

  it('is of other sales in another zone', async () => {
    const { sales } = await readDayReport(sellerAt(test.db), { date: '2026-03-29', timeZone: 'UTC' });
    expect(sales).toMatchObject({ count: 2, totalCents: 4160 });
  });

  it('is empty of a day without sales', async () => {
    expect(await readDayReport(managerAt(test.db), { date: '2026-01-01', timeZone: 'UTC' })).toStrictEqual({
      from: new Date('2026-01-01T00:00:00Z'),
      until: new Date('2026-01-02T00:00:00Z'),
      sales: NOTHING,
      refunds: NOTHING,
      netCents: 0,
    });
  });

  it('is not made for a zone that PostgreSQL does not know', async () => {
    const report = readDayReport(sellerAt(test.db), { date: '2026-01-01', timeZone: 'Atlantis/Center' });
    await expect(report).rejects.toMatchObject({ code: 'REQUEST_INVALID' });
  });
});
