import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestDatabase, type TestDatabase } from '../test/database.ts';
import { insertProducts, moveStock, MUG, PEN } from '../test/products.ts';
import { listStock, readStockFigure, setReorderLevel } from './inventory.ts';

const mug = { productId: MUG, sku: 'MUG', name: 'Mug', quantity: 0, reorderLevel: 0 };
let test: TestDatabase;

beforeAll(async () => {
  test = await openTestDatabase();
  await insertProducts(test.owner);
  await moveStock(test.owner, PEN, 2);
});
afterAll(() => test[Symbol.asyncDispose]());

describe('the inventory', () => {
  it('has every product of the shelf, those that never had any stock too', async () => {
    const pen = { productId: PEN, sku: 'PEN', name: 'Pen', quantity: 2, reorderLevel: 0 };
    expect(await listStock(test.db, { limit: 10 })).toStrictEqual({ items: [mug, pen], next: null });
    expect(await readStockFigure(test.db, MUG)).toStrictEqual(mug);
  });

  it('says what to order: fewer are left than the level', async () => {
    const short = async () => (await listStock(test.db, { isBelowReorderLevel: true, limit: 10 })).items;
    await setReorderLevel(test.db, { productId: PEN, reorderLevel: 2 });
    expect(await short()).toStrictEqual([]);
    expect(await setReorderLevel(test.db, { productId: MUG, reorderLevel: 1 })).toStrictEqual({
      ...mug,
      reorderLevel: 1,
    });
    expect(await short()).toStrictEqual([{ ...mug, reorderLevel: 1 }]);
  });

  it('knows no product that is not there', async () => {
    const productId = '99999999-9999-4999-8999-999999999999';
    await expect(readStockFigure(test.db, productId)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(setReorderLevel(test.db, { productId, reorderLevel: 1 })).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});
