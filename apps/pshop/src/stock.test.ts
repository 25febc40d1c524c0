import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { insertProducts, moveStock, MUG, PEN, readStock, SELLER } from '../test/products.ts';
import { openTestDatabase, type TestDatabase } from '../test/database.ts';
import { receiveDelivery } from './stock.ts';

let test: TestDatabase;

beforeAll(async () => {
  test = await openTestDatabase();
});
beforeEach(async () => {
  await test.db.query('TRUNCATE products CASCADE');
  await insertProducts(test.db);
});
afterAll(() => test[Symbol.asyncDispose]());

describe('receiveDelivery', () => {
  const lines = [
    { productId: MUG, quantity: 10 },
    { productId: PEN, quantity: 100 },
  ];

  it('puts every line in stock', async () => {
    expect(await receiveDelivery(test.db, { reference: 'D-1', userId: SELLER, lines })).toBe(2);
    expect(await readStock(test.db)).toStrictEqual(['Mug 10 10', 'Pen 100 100']);
  });

  it('takes the same delivery in once', async () => {
    await receiveDelivery(test.db, { reference: 'D-1', userId: SELLER, lines });
    expect(await receiveDelivery(test.db, { reference: 'D-1', userId: SELLER, lines })).toBe(0);
    expect(await readStock(test.db)).toStrictEqual(['Mug 10 10', 'Pen 100 100']);
    expect(await receiveDelivery(test.db, { reference: 'D-2', userId: SELLER, lines })).toBe(2);
    expect(await readStock(test.db)).toStrictEqual(['Mug 20 20', 'Pen 200 200']);
  });

  it('takes it in once when it is entered many times at once, in any order', async () => {
    const received = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        receiveDelivery(test.db, { reference: 'D-1', userId: SELLER, lines: index % 2 ? lines : lines.toReversed() }),
      ),
    );
    expect(received.toSorted().slice(-2)).toStrictEqual([0, 2]);
    expect(await readStock(test.db)).toStrictEqual(['Mug 10 10', 'Pen 100 100']);
  });

  it('takes nothing in when one product does not exist', async () => {
    const unknown = { productId: '99999999-9999-4999-8999-999999999999', quantity: 1 };
    await expect(
      receiveDelivery(test.db, { reference: 'D-1', userId: SELLER, lines: [...lines, unknown] }),
    ).rejects.toMatchObject({ code: '23503' });
    expect(await readStock(test.db)).toStrictEqual([]);
  });
});

describe('the stock', () => {
  it('is the sum of the movements, several of one statement included', async () => {
    await test.db.query(
      `INSERT INTO stock_movements (product_id, quantity_change, reason)
       VALUES ($1, 5, 'receipt'), ($1, -2, 'adjustment'), ($2, 1, 'receipt'), ($1, 4, 'receipt')`,
      [MUG, PEN],
    );
    expect(await readStock(test.db)).toStrictEqual(['Mug 7 7', 'Pen 1 1']);
  });

  it('never goes below zero', async () => {
    await moveStock(test.db, MUG, 2);
    await moveStock(test.db, MUG, -2);
    await expect(moveStock(test.db, MUG, -1)).rejects.toMatchObject({
      code: '23514',
      constraint: 'inventory_quantity_check',
    });
    expect(await readStock(test.db)).toStrictEqual(['Mug 0 0']);
  });

  it('never goes below zero when many take from it at once', async () => {
    await moveStock(test.db, MUG, 5);
    const taken = await Promise.allSettled(Array.from({ length: 20 }, () => moveStock(test.db, MUG, -1)));
    expect(taken.filter(({ status }) => status === 'fulfilled').length).toBe(5);
    expect(await readStock(test.db)).toStrictEqual(['Mug 0 0']);
  });

  it('is right when many move the same products in different orders, and none deadlocks', async () => {
    await moveStock(test.db, MUG, 100);
    await moveStock(test.db, PEN, 100);
    const query = `
      INSERT INTO stock_movements (product_id, quantity_change, reason)
      VALUES ($1, -1, 'adjustment'), ($2, -1, 'adjustment')`;
    await Promise.all(
      Array.from({ length: 40 }, (_, index) => test.db.query(query, index % 2 ? [MUG, PEN] : [PEN, MUG])),
    );
    expect(await readStock(test.db)).toStrictEqual(['Mug 60 60', 'Pen 60 60']);
  });

  it.each([
    ['an update', 'UPDATE inventory SET quantity = 9'],
    ['an insert', `INSERT INTO inventory (product_id, quantity) VALUES ('${PEN}', 9)`],
    ['a deletion', 'DELETE FROM inventory'],
  ])('is moved by movements only, not by %s', async (_, query) => {
    await moveStock(test.db, MUG, 1);
    await expect(test.db.query(query)).rejects.toMatchObject({ code: '23001', table: 'inventory' });
    expect(await readStock(test.db)).toStrictEqual(['Mug 1 1']);
  });

  it('lets its reorder level be set', async () => {
    await moveStock(test.db, MUG, 1);
    await test.db.query('UPDATE inventory SET reorder_level = 3');
    expect(await readStock(test.db)).toStrictEqual(['Mug 1 1']);
  });
});

describe('stock_movements', () => {
  it.each([
    ['an update', 'UPDATE stock_movements SET quantity_change = 9'],
    ['a deletion', 'DELETE FROM stock_movements'],
    [
      'an upsert',
      `INSERT INTO stock_movements (product_id, quantity_change, reason, reference)
       VALUES ('${MUG}', 1, 'receipt', 'D-1')
       ON CONFLICT (reference, product_id) WHERE reference IS NOT NULL DO UPDATE SET quantity_change = 9`,
    ],
  ])('is append-only: it refuses %s', async (_, query) => {
    await moveStock(test.db, MUG, 1);
    await expect(test.db.query(query)).rejects.toMatchObject({ code: '23001', table: 'stock_movements' });
    expect(await readStock(test.db)).toStrictEqual(['Mug 1 1']);
  });

  it('may be emptied by TRUNCATE, and the stock follows', async () => {
    await moveStock(test.db, MUG, 1);
    await test.db.query('TRUNCATE stock_movements RESTART IDENTITY');
    expect(await readStock(test.db)).toStrictEqual(['Mug 0 0']);
  });

  it('may be emptied together with everything else, in one statement', async () => {
    await moveStock(test.db, MUG, 1);
    await test.db.query('TRUNCATE sale_items, stock_movements, inventory, products, sales RESTART IDENTITY CASCADE');
    expect(await readStock(test.db)).toStrictEqual([]);
  });

  it.each([
    ['a movement of nothing', [MUG, 0, 'adjustment', null, null], 'stock_movements_quantity_change_check'],
    ['a reason it does not know', [MUG, 1, 'theft', null, null], 'stock_movements_reason_check'],
    ['an empty reference', [MUG, 1, 'receipt', ' ', null], 'stock_movements_reference_check'],
    [
      'a line of a sale for something that is no sale',
      [MUG, 1, 'receipt', null, '99999999-9999-4999-8999-999999999999'],
      'stock_movements_sale_item_check',
    ],
  ])('refuses %s', async (_, values, constraint) => {
    const query = `
      INSERT INTO stock_movements (product_id, quantity_change, reason, reference, sale_item_id)
      VALUES ($1, $2, $3, $4, $5)`;
    await expect(test.db.query(query, values)).rejects.toMatchObject({ code: '23514', constraint });
  });
});
