import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { insertProducts, moveStock, MUG, PEN } from '../test/products.ts';
import { openTestDatabase, type TestDatabase } from '../test/database.ts';
import { readProductsOnShelf, readProductsToReorder } from './products.ts';

let test: TestDatabase;

beforeAll(async () => {
  test = await openTestDatabase();
  await insertProducts(test.db);
  await moveStock(test.db, PEN, 2);
  await test.db.query(
    `INSERT INTO products (sku, name, price_cents, retired_at) VALUES ('OLD', 'Ashtray', 100, '2026-01-01')`,
  );
});
afterAll(() => test[Symbol.asyncDispose]());

describe('products', () => {
  it('stand on the shelf by name with what is left of them, retired ones do not', async () => {
    expect(await readProductsOnShelf(test.db)).toStrictEqual([
      { id: MUG, sku: 'MUG', name: 'Mug', priceCents: 950, quantity: 0 },
      { id: PEN, sku: 'PEN', name: 'Pen', priceCents: 180, quantity: 2 },
    ]);
  });

  it('are to be ordered once fewer are left than the level says', async () => {
    expect(await readProductsToReorder(test.db)).toStrictEqual([]);
    await test.db.query('UPDATE inventory SET reorder_level = 2');
    expect(await readProductsToReorder(test.db)).toStrictEqual([]);
    await moveStock(test.db, PEN, -1);
    expect(await readProductsToReorder(test.db)).toStrictEqual([
      { id: PEN, sku: 'PEN', name: 'Pen', priceCents: 180, quantity: 1 },
    ]);
  });

  it.each([
    ['a price below nothing', ['X', 'X', -1], 'products_price_cents_check'],
    ['a code in lower case', ['x', 'X', 1], 'products_sku_check'],
    ['an empty name', ['X', ' ', 1], 'products_name_check'],
    ['a second product of a code', ['MUG', 'X', 1], 'products_sku_key'],
  ])('refuse %s', async (_, values, constraint) => {
    const query = 'INSERT INTO products (sku, name, price_cents) VALUES ($1, $2, $3)';
    await expect(test.db.query(query, values)).rejects.toMatchObject({ constraint });
  });
});
