import { withTransaction } from '@atriz/database';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { insertProducts, moveStock, MUG, PEN, readStock, SELLER } from '../test/products.ts';
import { openTestDatabase, type TestDatabase } from '../test/database.ts';
import { readTakingsCents, recordSale } from './sales.ts';

const SALE = '00000000-0000-4000-8000-00000000000a';
const INSERT_SALE = `INSERT INTO sales (id, user_id, total_cents, payment_method) VALUES ($1, $2, $3, 'cash')`;
const INSERT_ITEM = `
  INSERT INTO sale_items (sale_id, line_number, product_id, quantity, unit_price_cents) VALUES ($1, $2, $3, $4, $5)`;
let test: TestDatabase;

beforeAll(async () => {
  test = await openTestDatabase();
});
beforeEach(async () => {
  await test.db.query('TRUNCATE products, sales CASCADE');
  await insertProducts(test.db);
  await moveStock(test.db, MUG, 3);
  await moveStock(test.db, PEN, 50);
});
afterAll(() => test[Symbol.asyncDispose]());

const sell = (lines: { productId: string; quantity: number }[]) =>
  recordSale(test.db, { userId: SELLER, paymentMethod: 'card', lines });

/** Runs `work` in one transaction. */
const write = (work: (query: (text: string, values: unknown[]) => Promise<unknown>) => Promise<unknown>) =>
  withTransaction(test.db.pool, async (client) => work((text, values) => client.query(text, values)));

async function countSales(): Promise<number> {
  return (await test.db.query('SELECT 1 FROM sales')).rowCount ?? 0;
}

describe('recordSale', () => {
  it('keeps the sale, its lines at today’s prices, and the stock that they took', async () => {
    const sale = await sell([
      { productId: MUG, quantity: 2 },
      { productId: PEN, quantity: 10 },
    ]);
    expect(sale.totalCents).toBe(3700);
    const { rows } = await test.db.query(
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
    expect(await readStock(test.db)).toStrictEqual(['Mug 1 1', 'Pen 40 40']);
  });

  it('may name the same product on two lines', async () => {
    const sale = await sell([
      { productId: MUG, quantity: 1 },
      { productId: MUG, quantity: 1 },
    ]);
    expect(sale.totalCents).toBe(1900);
    expect(await readStock(test.db)).toStrictEqual(['Mug 1 1', 'Pen 50 50']);
  });

  it('sells nothing when one line is more than there is', async () => {
    const lines = [
      { productId: PEN, quantity: 1 },
      { productId: MUG, quantity: 4 },
    ];
    await expect(sell(lines)).rejects.toMatchObject({ code: '23514', constraint: 'inventory_quantity_check' });
    expect(await countSales()).toBe(0);
    expect(await readStock(test.db)).toStrictEqual(['Mug 3 3', 'Pen 50 50']);
  });

  it('sells the last pieces once, however many tills try', async () => {
    const lines = [
      { productId: MUG, quantity: 1 },
      { productId: PEN, quantity: 1 },
    ];
    const sold = await Promise.allSettled(
      Array.from({ length: 12 }, (_, index) => sell(index % 2 ? lines : lines.toReversed())),
    );
    expect(sold.filter(({ status }) => status === 'fulfilled').length).toBe(3);
    expect(await countSales()).toBe(3);
    expect(await readStock(test.db)).toStrictEqual(['Mug 0 0', 'Pen 47 47']);
  });

  it('refuses a product that is retired or unknown, and a sale without lines', async () => {
    await test.db.query('UPDATE products SET retired_at = now() WHERE id = $1', [MUG]);
    for (const productId of [MUG, SALE]) {
      await expect(sell([{ productId, quantity: 1 }])).rejects.toMatchObject({
        code: 'ARGUMENT_INVALID',
        message: `product ${productId} is not one that the shop sells`,
      });
    }
    await expect(sell([])).rejects.toMatchObject({ code: 'ARGUMENT_INVALID', message: 'the sale has no line' });
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
});

describe('the total of a sale', () => {
  const wrong = { code: '23514', table: 'sales', constraint: 'sales_total_cents_is_sum' };

  it('may be written before its lines or after them, within one transaction', async () => {
    await write(async (query) => {
      await query(INSERT_SALE, [SALE, SELLER, 0]);
      await query(INSERT_ITEM, [SALE, 1, MUG, 2, 950]);
      await query(INSERT_ITEM, [SALE, 2, PEN, 1, 180]);
      await query('UPDATE sales SET total_cents = $2 WHERE id = $1', [SALE, 2080]);
    });
    expect(await countSales()).toBe(1);
  });

  it('is refused at commit when it is not the sum of the lines', async () => {
    let reachedTheEnd = false;
    const written = write(async (query) => {
      await query(INSERT_SALE, [SALE, SELLER, 1899]);
      await query(INSERT_ITEM, [SALE, 1, MUG, 2, 950]);
      reachedTheEnd = true;
    });
    await expect(written).rejects.toMatchObject({
      ...wrong,
      message: `sale ${SALE} has total_cents 1899, and its lines come to 1900`,
    });
    expect(reachedTheEnd).toBe(true);
    expect(await countSales()).toBe(0);
  });

  it('is refused for a sale without lines, even of nothing', async () => {
    await expect(write((query) => query(INSERT_SALE, [SALE, SELLER, 0]))).rejects.toMatchObject(wrong);
  });

  it.each([
    ['its total is changed', 'UPDATE sales SET total_cents = total_cents + 1 WHERE id = $1'],
    ['a line is changed', 'UPDATE sale_items SET quantity = quantity + 1 WHERE sale_id = $1'],
    ['a line is deleted', 'DELETE FROM sale_items WHERE sale_id = $1 AND line_number = 1'],
    ['the last line is deleted', 'DELETE FROM sale_items WHERE sale_id = $1'],
  ])('stays true: refused when %s alone', async (_, statement) => {
    await write(async (query) => {
      await query(INSERT_SALE, [SALE, SELLER, 1130]);
      await query(INSERT_ITEM, [SALE, 1, MUG, 1, 950]);
      await query(INSERT_ITEM, [SALE, 2, PEN, 1, 180]);
    });
    await expect(test.db.query(statement, [SALE])).rejects.toMatchObject(wrong);
  });

  it('is refused for either sale when a line moves from one to the other', async () => {
    const other = '00000000-0000-4000-8000-00000000000b';
    await write(async (query) => {
      await query(INSERT_SALE, [SALE, SELLER, 1130]);
      await query(INSERT_SALE, [other, SELLER, 950]);
      await query(INSERT_ITEM, [SALE, 1, MUG, 1, 950]);
      await query(INSERT_ITEM, [SALE, 2, PEN, 1, 180]);
      await query(INSERT_ITEM, [other, 1, MUG, 1, 950]);
    });
    const moved = write(async (query) => {
      await query('UPDATE sale_items SET sale_id = $2 WHERE sale_id = $1 AND line_number = 2', [SALE, other]);
      await query('UPDATE sales SET total_cents = 1130 WHERE id = $1', [other]);
    });
    await expect(moved).rejects.toMatchObject(wrong);
  });

  it('stays true when two add a line at once', async () => {
    await write(async (query) => {
      await query(INSERT_SALE, [SALE, SELLER, 950]);
      await query(INSERT_ITEM, [SALE, 1, MUG, 1, 950]);
    });
    const add = (line: number) =>
      write(async (query) => {
        await query(INSERT_ITEM, [SALE, line, PEN, 1, 180]);
        await query('UPDATE sales SET total_cents = $2 WHERE id = $1', [SALE, 1130]);
      });
    const added = await Promise.allSettled([add(2), add(3)]);
    expect(added.map(({ status }) => status).toSorted()).toStrictEqual(['fulfilled', 'rejected']);
  });

  it('goes with its sale', async () => {
    await write(async (query) => {
      await query(INSERT_SALE, [SALE, SELLER, 950]);
      await query(INSERT_ITEM, [SALE, 1, MUG, 1, 950]);
    });
    await test.db.query('DELETE FROM sales WHERE id = $1', [SALE]);
    expect(await countSales()).toBe(0);
  });
});

describe('a line of a sale', () => {
  it('computes its total itself', async () => {
    const query = `
      INSERT INTO sale_items (sale_id, line_number, product_id, quantity, unit_price_cents, line_total_cents)
      VALUES ($1, 1, $2, 2, 950, 1)`;
    await expect(test.db.query(query, [SALE, MUG])).rejects.toMatchObject({ code: '428C9' });
  });

  it('takes its stock once', async () => {
    await sell([{ productId: MUG, quantity: 1 }]);
    await expect(
      test.db.query(
        `INSERT INTO stock_movements (product_id, quantity_change, reason, sale_item_id)
         SELECT product_id, -1, 'sale', id FROM sale_items`,
      ),
    ).rejects.toMatchObject({ code: '23505', constraint: 'stock_movements_sold_once_key' });
  });
});

describe('readTakingsCents', () => {
  it('adds up what one seller sold from the first moment until before the last', async () => {
    await sell([{ productId: MUG, quantity: 1 }]);
    await sell([{ productId: PEN, quantity: 2 }]);
    const [hourAgo, inAnHour] = [new Date(Date.now() - 3_600_000), new Date(Date.now() + 3_600_000)];
    expect(await readTakingsCents(test.db, { userId: SELLER, from: hourAgo, until: inAnHour })).toBe(1310);
    expect(await readTakingsCents(test.db, { userId: SALE, from: hourAgo, until: inAnHour })).toBe(0);
    expect(await readTakingsCents(test.db, { userId: SELLER, from: inAnHour, until: inAnHour })).toBe(0);
  });
});
