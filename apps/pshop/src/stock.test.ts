import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openTestDatabase, type TestDatabase } from '../test/database.ts';
import { insertProducts, moveStock as adjust, MUG, PEN, readStock } from '../test/products.ts';
import { managerAt, sellerAt } from '../test/tills.ts';
import { listMovements, moveStock } from './stock.ts';

let test: TestDatabase;

beforeAll(async () => {
  test = await openTestDatabase();
});
beforeEach(async () => {
  await test.owner.query('TRUNCATE products CASCADE');
  await insertProducts(test.owner);
});
afterAll(() => test[Symbol.asyncDispose]());

describe('a delivery', () => {
  const lines = [
    { productId: MUG, quantityChange: 10 },
    { productId: PEN, quantityChange: 100 },
  ];
  const receive = (reference: string, received = lines) =>
    moveStock(managerAt(test.db), { reason: 'receipt', reference, lines: received });

  it('puts every line in stock', async () => {
    expect(await receive('D-1')).toMatchObject([
      { productId: MUG, quantityChange: 10, reason: 'receipt', reference: 'D-1' },
      { productId: PEN, quantityChange: 100, reason: 'receipt', reference: 'D-1' },
    ]);
    expect(await readStock(test.owner)).toStrictEqual(['Mug 10 10', 'Pen 100 100']);
  });

  it('is taken in once, and not even in part a second time', async () => {
    await receive('D-1', lines.slice(0, 1));
    await expect(receive('D-1')).rejects.toMatchObject({
      code: 'CONFLICT',
      message: 'reference D-1 was entered before',
    });
    expect(await readStock(test.owner)).toStrictEqual(['Mug 10 10']);
    await receive('D-2');
    expect(await readStock(test.owner)).toStrictEqual(['Mug 20 20', 'Pen 100 100']);
  });

  it('is taken in once when it is entered many times at once, in any order', async () => {
    const received = await Promise.allSettled(
      Array.from({ length: 20 }, (_, index) => receive('D-1', index % 2 ? lines : lines.toReversed())),
    );
    expect(received.filter(({ status }) => status === 'fulfilled').length).toBe(1);
    expect(await readStock(test.owner)).toStrictEqual(['Mug 10 10', 'Pen 100 100']);
  });

  it('is not taken in when one product does not exist', async () => {
    const unknown = { productId: '99999999-9999-4999-8999-999999999999', quantityChange: 1 };
    await expect(receive('D-1', [...lines, unknown])).rejects.toMatchObject({ code: 'CONFLICT' });
    expect(await readStock(test.owner)).toStrictEqual([]);
  });
});

describe('a correction', () => {
  it('takes away what is not there in truth, and no more than there was', async () => {
    await adjust(test.owner, MUG, 3);
    const correct = (quantityChange: number) =>
      moveStock(managerAt(test.db), { reason: 'adjustment', lines: [{ productId: MUG, quantityChange }] });
    expect(await correct(-1)).toMatchObject([{ quantityChange: -1, reason: 'adjustment', reference: null }]);
    await expect(correct(-3)).rejects.toMatchObject({ code: 'STOCK_INSUFFICIENT' });
    expect(await readStock(test.owner)).toStrictEqual(['Mug 2 2']);
  });
});

describe('the movements', () => {
  it('are read newest first, in pages, by who made them and by managers', async () => {
    await adjust(test.owner, MUG, 3);
    const [received] = await moveStock(managerAt(test.db), {
      reason: 'receipt',
      reference: 'D-1',
      lines: [{ productId: PEN, quantityChange: 5 }],
    });
    const { id } = received!;
    const first = await listMovements(managerAt(test.db), { limit: 1 });
    expect(first).toMatchObject({ items: [{ id, productId: PEN }], next: expect.any(String) });
    expect(await listMovements(managerAt(test.db), { limit: 1, after: id })).toMatchObject({
      items: [{ productId: MUG }],
      next: null,
    });
    expect(await listMovements(managerAt(test.db), { limit: 9, reference: 'D-1' })).toMatchObject({ items: [{ id }] });
    expect(await listMovements(managerAt(test.db), { limit: 9, productId: MUG })).toMatchObject({
      items: [{ productId: MUG }],
    });
    expect(await listMovements(sellerAt(test.db), { limit: 9 })).toStrictEqual({ items: [], next: null });
  });

  it('are entered by managers only, whatever the service lets through', async () => {
    const lines = [{ productId: PEN, quantityChange: 5 }];
    await expect(moveStock(sellerAt(test.db), { reason: 'receipt', reference: 'D-1', lines })).rejects.toMatchObject({
      code: '42501',
    });
  });
});

describe('the stock', () => {
  it('is the sum of the movements, several of one statement included', async () => {
    await test.owner.query(
      `INSERT INTO stock_movements (product_id, quantity_change, reason)
       VALUES ($1, 5, 'receipt'), ($1, -2, 'adjustment'), ($2, 1, 'receipt'), ($1, 4, 'receipt')`,
      [MUG, PEN],
    );
    expect(await readStock(test.owner)).toStrictEqual(['Mug 7 7', 'Pen 1 1']);
  });

  it('never goes below zero', async () => {
    await adjust(test.owner, MUG, 2);
    await adjust(test.owner, MUG, -2);
    await expect(adjust(test.owner, MUG, -1)).rejects.toMatchObject({
      code: '23514',
      constraint: 'inventory_quantity_check',
    });
    expect(await readStock(test.owner)).toStrictEqual(['Mug 0 0']);
  });

  it('never goes below zero when many take from it at once', async () => {
    await adjust(test.owner, MUG, 5);
    const taken = await Promise.allSettled(Array.from({ length: 20 }, () => adjust(test.owner, MUG, -1)));
    expect(taken.filter(({ status }) => status === 'fulfilled').length).toBe(5);
    expect(await readStock(test.owner)).toStrictEqual(['Mug 0 0']);
  });

  it('is right when many move the same products in different orders, and none deadlocks', async () => {
    await adjust(test.owner, MUG, 100);
    await adjust(test.owner, PEN, 100);
    const query = `
      INSERT INTO stock_movements (product_id, quantity_change, reason)
      VALUES ($1, -1, 'adjustment'), ($2, -1, 'adjustment')`;
    await Promise.all(
      Array.from({ length: 40 }, (_, index) => test.owner.query(query, index % 2 ? [MUG, PEN] : [PEN, MUG])),
    );
    expect(await readStock(test.owner)).toStrictEqual(['Mug 60 60', 'Pen 60 60']);
  });

  it.each([
    ['an update', 'UPDATE inventory SET quantity = 9'],
    ['an insert', `INSERT INTO inventory (product_id, quantity) VALUES ('${PEN}', 9)`],
    ['a deletion', 'DELETE FROM inventory'],
  ])('is moved by movements only, not by %s', async (_, query) => {
    await adjust(test.owner, MUG, 1);
    await expect(test.owner.query(query)).rejects.toMatchObject({ code: '23001', table: 'inventory' });
    expect(await readStock(test.owner)).toStrictEqual(['Mug 1 1']);
  });

  it('lets its reorder level be set', async () => {
    await adjust(test.owner, MUG, 1);
    await test.owner.query('UPDATE inventory SET reorder_level = 3');
    expect(await readStock(test.owner)).toStrictEqual(['Mug 1 1']);
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
    await adjust(test.owner, MUG, 1);
    await expect(test.owner.query(query)).rejects.toMatchObject({ code: '23001', table: 'stock_movements' });
    expect(await readStock(test.owner)).toStrictEqual(['Mug 1 1']);
  });

  it('may be emptied by TRUNCATE, and the stock follows', async () => {
    await adjust(test.owner, MUG, 1);
    await test.owner.query('TRUNCATE stock_movements RESTART IDENTITY');
    expect(await readStock(test.owner)).toStrictEqual(['Mug 0 0']);
  });

  it('may be emptied together with everything else, in one statement', async () => {
    await adjust(test.owner, MUG, 1);
    await test.owner.query('TRUNCATE sale_items, stock_movements, inventory, products, sales RESTART IDENTITY CASCADE');
    expect(await readStock(test.owner)).toStrictEqual([]);
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
    await expect(test.owner.query(query, values)).rejects.toMatchObject({ code: '23514', constraint });
  });
});
