import { withTransaction } from '@atriz/database';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { openTestDatabase, type TestDatabase } from '../test/database.ts';
import { insertProducts, moveStock, MUG, PEN, readStock } from '../test/products.ts';
import { OTHER_SELLER, SELLER, sellerAt } from '../test/tills.ts';
import { checkOut, type Cart } from './checkout.ts';

const NOWHERE = '99999999-9999-4999-8999-999999999999';
let test: TestDatabase;

beforeAll(async () => {
  test = await openTestDatabase();
});
beforeEach(async () => {
  await test.owner.query('TRUNCATE products, sales, idempotency_keys CASCADE');
  await insertProducts(test.owner);
  await moveStock(test.owner, MUG, 3);
  await moveStock(test.owner, PEN, 50);
});
afterAll(() => test[Symbol.asyncDispose]());

const sell = (lines: Cart['lines'], idempotencyKey?: string, userId = SELLER) =>
  checkOut(sellerAt(test.db, userId), { paymentMethod: 'card', lines, idempotencyKey });

async function countSales(): Promise<number> {
  return (await test.owner.query('SELECT 1 FROM sales')).rowCount ?? 0;
}

describe('a checkout', () => {
  it('keeps the sale, its lines at today’s prices, and the stock that they took', async () => {
    const sale = await sell([
      { productId: MUG, quantity: 2 },
      { productId: PEN, quantity: 10 },
    ]);
    expect(sale).toMatchObject({ userId: SELLER, paymentMethod: 'card', totalCents: 3700, refundedCents: 0 });
    const { rows } = await test.owner.query(
      `SELECT line_number, product_id, quantity, unit_price_cents, line_total_cents
       FROM sale_items
       WHERE sale_id = $1
       ORDER BY line_number`,
      [sale.id],
    );
    expect(rows).toStrictEqual([
      { line_number: '1', product_id: MUG, quantity: '2', unit_price_cents: '950', line_total_cents: '1900' },
      { line_number: '2', product_id: PEN, quantity: '10', unit_price_cents: '180', line_total_cents: '1800' },
    ]);
    expect(await readStock(test.owner)).toStrictEqual(['Mug 1 1', 'Pen 40 40']);
  });

  it('may name the same product on two lines', async () => {
    const sale = await sell([
      { productId: MUG, quantity: 1 },
      { productId: MUG, quantity: 1 },
    ]);
    expect(sale.totalCents).toBe(1900);
    expect(await readStock(test.owner)).toStrictEqual(['Mug 1 1', 'Pen 50 50']);
  });

  it('sells nothing when the lines of a product are together more than there is, and says of what', async () => {
    const lines = [
      { productId: PEN, quantity: 1 },
      { productId: MUG, quantity: 2 },
      { productId: MUG, quantity: 2 },
    ];
    await expect(sell(lines)).rejects.toMatchObject({
      code: 'STOCK_INSUFFICIENT',
      message: 'there is not enough in stock of MUG (3 left)',
    });
    expect(await countSales()).toBe(0);
    expect(await readStock(test.owner)).toStrictEqual(['Mug 3 3', 'Pen 50 50']);
  });

  it('sells the last pieces once, however many tills try, in any order of lines', async () => {
    const lines = [
      { productId: MUG, quantity: 1 },
      { productId: PEN, quantity: 1 },
    ];
    const sold = await Promise.allSettled(
      Array.from({ length: 40 }, (_, index) => sell(index % 2 ? lines : lines.toReversed())),
    );
    expect(sold.filter(({ status }) => status === 'fulfilled').length).toBe(3);
    const reasons = sold.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason.code] : []));
    expect(new Set(reasons)).toStrictEqual(new Set(['STOCK_INSUFFICIENT']));
    expect(await countSales()).toBe(3);
    expect(await readStock(test.owner)).toStrictEqual(['Mug 0 0', 'Pen 47 47']);
  });

  it('refuses a product that is retired or unknown', async () => {
    await test.owner.query('UPDATE products SET retired_at = now() WHERE id = $1', [MUG]);
    for (const productId of [MUG, NOWHERE]) {
      await expect(sell([{ productId, quantity: 1 }])).rejects.toMatchObject({
        code: 'CONFLICT',
        message: `product ${productId} is not one that the shop sells`,
      });
    }
  });

  it.each([0, -1])('refuses a quantity of %i', async (quantity) => {
    await expect(
      sell([
        { productId: MUG, quantity },
        { productId: PEN, quantity: 20 },
      ]),
    ).rejects.toMatchObject({ code: '23514' });
    expect(await countSales()).toBe(0);
  });

  it('waits no longer than three seconds for who holds the stock, and sells nothing then', async () => {
    await withTransaction(test.owner.pool, async (client) => {
      await client.query('SELECT FROM inventory WHERE product_id = $1 FOR UPDATE', [MUG]);
      await expect(sell([{ productId: MUG, quantity: 1 }])).rejects.toMatchObject({
        code: 'SERVICE_UNAVAILABLE',
        retryAfterSeconds: 1,
      });
    });
    expect(await countSales()).toBe(0);
    expect((await sell([{ productId: MUG, quantity: 1 }])).totalCents).toBe(950);
  });

  it('whose connection is cut in the middle leaves no half of a sale', async () => {
    const sold = await withTransaction(test.owner.pool, async (client) => {
      await client.query('SELECT FROM inventory WHERE product_id = $1 FOR UPDATE', [MUG]);
      const waiting = Promise.allSettled([sell([{ productId: MUG, quantity: 1 }])]);
      await vi.waitFor(async () => {
        const { rowCount } = await test.owner.query(
          `SELECT pg_terminate_backend(pid) FROM pg_locks WHERE NOT granted AND database = (
             SELECT oid FROM pg_database WHERE datname = current_database()
           ) OR NOT granted AND locktype = 'transactionid'`,
        );
        expect(rowCount).toBe(1);
      });
      return waiting;
    });
    expect(sold).toMatchObject([{ status: 'rejected', reason: { code: '57P01' } }]);
    expect(await countSales()).toBe(0);
    expect((await sell([{ productId: MUG, quantity: 1 }])).totalCents).toBe(950);
  });
});

describe('an idempotency key', () => {
  const lines = [{ productId: MUG, quantity: 1 }];

  it('sells a cart once, and answers alike', async () => {
    const first = await sell(lines, 'till-1-42');
    expect(await sell(lines, 'till-1-42')).toStrictEqual(first);
    expect(await countSales()).toBe(1);
  });

  it('sells once when twenty come at once', async () => {
    const sold = await Promise.all(Array.from({ length: 20 }, () => sell(lines, 'till-1-43')));
    expect(new Set(sold.map(({ id }) => id)).size).toBe(1);
    expect(await readStock(test.owner)).toStrictEqual(['Mug 2 2', 'Pen 50 50']);
  });

  it('is refused for another cart', async () => {
    await sell(lines, 'till-1-44');
    await expect(sell([{ productId: MUG, quantity: 2 }], 'till-1-44')).rejects.toMatchObject({
      code: 'IDEMPOTENCY_MISMATCH',
    });
    expect(await countSales()).toBe(1);
  });

  it('is one user’s own', async () => {
    const first = await sell(lines, 'till-1-45');
    const other = await sell(lines, 'till-1-45', OTHER_SELLER);
    expect(other.id).not.toBe(first.id);
  });

  it('is free again when nothing was sold', async () => {
    await expect(sell([{ productId: MUG, quantity: 4 }], 'till-1-46')).rejects.toMatchObject({
      code: 'STOCK_INSUFFICIENT',
    });
    await moveStock(test.owner, MUG, 1);
    expect(await sell([{ productId: MUG, quantity: 4 }], 'till-1-46')).toMatchObject({ totalCents: 3800 });
  });
});
