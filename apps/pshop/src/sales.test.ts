import { withTransaction, withUser } from '@atriz/database';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openTestDatabase, type TestDatabase } from '../test/database.ts';
import { insertProducts, moveStock, MUG, PEN } from '../test/products.ts';
import { managerAt, OTHER_SELLER, SELLER, sellerAt } from '../test/tills.ts';
import { checkOut, type Cart } from './checkout.ts';
import { listSales, readSale } from './sales.ts';
import type { Till } from './till.ts';

const SALE = '00000000-0000-4000-8000-00000000000a';
const INSERT_SALE = `INSERT INTO sales (id, user_id, total_cents, payment_method) VALUES ($1, $2, $3, 'cash')`;
const INSERT_ITEM = `
  INSERT INTO sale_items (sale_id, line_number, product_id, quantity, unit_price_cents) VALUES ($1, $2, $3, $4, $5)`;
let test: TestDatabase;

beforeAll(async () => {
  test = await openTestDatabase();
});
beforeEach(async () => {
  await test.owner.query('TRUNCATE products, sales CASCADE');
  await insertProducts(test.owner);
  await moveStock(test.owner, MUG, 3);
  await moveStock(test.owner, PEN, 50);
});
afterAll(() => test[Symbol.asyncDispose]());

const sell = (lines: Cart['lines'], userId = SELLER) =>
  checkOut(sellerAt(test.db, userId), { paymentMethod: 'card', lines });

const asSeller = (statement: string, values: readonly unknown[], userId = SELLER) =>
  withUser(test.db.pool, userId, (client) => client.query(statement, [...values]));

async function idsOf(till: Till): Promise<string[]> {
  return (await listSales(till, { limit: 9 })).items.map(({ id }) => id);
}

/** Runs `work` in one transaction, past row-level security. */
const write = (work: (query: (text: string, values: unknown[]) => Promise<unknown>) => Promise<unknown>) =>
  withTransaction(test.owner.pool, async (client) => work((text, values) => client.query(text, values)));

async function countSales(): Promise<number> {
  return (await test.owner.query('SELECT 1 FROM sales')).rowCount ?? 0;
}

describe('sales', () => {
  it('are read by who made them and by managers, newest first, in pages', async () => {
    const first = await sell([{ productId: MUG, quantity: 1 }]);
    const second = await sell([{ productId: PEN, quantity: 2 }], OTHER_SELLER);
    const third = await sell([{ productId: PEN, quantity: 1 }]);
    expect(await idsOf(sellerAt(test.db))).toStrictEqual([third.id, first.id]);
    expect(await idsOf(sellerAt(test.db, OTHER_SELLER))).toStrictEqual([second.id]);
    expect(await idsOf(managerAt(test.db))).toStrictEqual([third.id, second.id, first.id]);
    expect(await readSale(managerAt(test.db), first.id)).toStrictEqual(first);
    await expect(readSale(sellerAt(test.db, OTHER_SELLER), first.id)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('of the same moment come on one page each', async () => {
    await write(async (query) => {
      for (const last of ['a', 'b', 'c']) {
        const id = `00000000-0000-4000-8000-00000000000${last}`;
        await query(INSERT_SALE, [id, SELLER, 180]);
        await query(INSERT_ITEM, [id, 1, PEN, 1, 180]);
      }
    });
    const found: string[] = [];
    const { rows } = await test.owner.query<{ key: string }>(
      `SELECT to_char(sold_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS key FROM sales LIMIT 1`,
    );
    const soldAt = rows[0]!.key;
    for (const after of ['f', 'c', 'b']) {
      const id = `00000000-0000-4000-8000-00000000000${after}`;
      const page = await listSales(sellerAt(test.db), { limit: 1, after: [soldAt, id] });
      found.push(...page.items.map((sale) => sale.id.slice(-1)));
    }
    expect(found).toStrictEqual(['c', 'b', 'a']);
  });
});

describe('row-level security', () => {
  it('shows nothing to who works for nobody', async () => {
    await sell([{ productId: MUG, quantity: 1 }]);
    for (const table of ['sales', 'sale_items', 'stock_movements']) {
      expect((await test.db.query(`SELECT FROM ${table}`)).rowCount).toBe(0);
    }
  });

  it.each([
    ['a sale in the name of another', INSERT_SALE, [SALE, OTHER_SELLER, 0]],
    [
      'a movement in the name of another',
      `INSERT INTO stock_movements (product_id, quantity_change, reason, user_id) VALUES ($1, 1, 'return', $2)`,
      [MUG, OTHER_SELLER],
    ],
    [
      'a movement that no sale stands behind',
      `INSERT INTO stock_movements (product_id, quantity_change, reason, user_id) VALUES ($1, 1, 'return', $2)`,
      [MUG, SELLER],
    ],
  ])('refuses %s', async (_, statement, values) => {
    await expect(asSeller(statement, values)).rejects.toMatchObject({ code: '42501' });
  });

  it('refuses a line of the sale of another', async () => {
    const { id } = await sell([{ productId: MUG, quantity: 1 }]);
    await expect(asSeller(INSERT_ITEM, [id, 2, PEN, 1, 0], OTHER_SELLER)).rejects.toMatchObject({ code: '42501' });
  });

  it('does not hide a wrong total from its check, whoever the transaction works for in the end', async () => {
    const written = withUser(test.db.pool, SELLER, async (client) => {
      await client.query(INSERT_SALE, [SALE, SELLER, 5]);
      await client.query(`SET LOCAL atriz.user_id = '${OTHER_SELLER}'`);
    });
    await expect(written).rejects.toMatchObject({ constraint: 'sales_total_cents_is_sum' });
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
    await expect(test.owner.query(statement, [SALE])).rejects.toMatchObject(wrong);
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
    await test.owner.query('DELETE FROM sales WHERE id = $1', [SALE]);
    expect(await countSales()).toBe(0);
  });
});

describe('a line of a sale', () => {
  it('computes its total itself', async () => {
    const query = `
      INSERT INTO sale_items (sale_id, line_number, product_id, quantity, unit_price_cents, line_total_cents)
      VALUES ($1, 1, $2, 2, 950, 1)`;
    await expect(test.owner.query(query, [SALE, MUG])).rejects.toMatchObject({ code: '428C9' });
  });

  it('takes its stock once', async () => {
    await sell([{ productId: MUG, quantity: 1 }]);
    await expect(
      test.owner.query(
        `INSERT INTO stock_movements (product_id, quantity_change, reason, sale_item_id)
         SELECT product_id, -1, 'sale', id FROM sale_items`,
      ),
    ).rejects.toMatchObject({ code: '23505', constraint: 'stock_movements_sold_once_key' });
  });
});
