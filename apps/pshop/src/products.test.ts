import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestDatabase, type TestDatabase } from '../test/database.ts';
import { insertProducts, moveStock, MUG, PEN } from '../test/products.ts';
import { addProduct, changeProduct, listProducts, readProduct, retireProduct } from './products.ts';

const NOWHERE = '99999999-9999-4999-8999-999999999999';
const mug = { id: MUG, sku: 'MUG', name: 'Mug', description: '', priceCents: 950, quantity: 0, retiredAt: null };
const pen = { id: PEN, sku: 'PEN', name: 'Pen', description: '', priceCents: 180, quantity: 2, retiredAt: null };
let test: TestDatabase;

beforeAll(async () => {
  test = await openTestDatabase();
  await insertProducts(test.owner);
  await moveStock(test.owner, PEN, 2);
  await test.owner.query(
    `INSERT INTO products (sku, name, price_cents, retired_at) VALUES ('OLD', 'Ashtray', 100, '2026-01-01')`,
  );
});
afterAll(() => test[Symbol.asyncDispose]());

describe('products', () => {
  it('stand on the shelf by name with what is left of them, retired ones do not', async () => {
    expect(await listProducts(test.db, { limit: 10 })).toStrictEqual({ items: [mug, pen], next: null });
  });

  it('come in pages', async () => {
    const first = await listProducts(test.db, { limit: 1 });
    expect(first).toStrictEqual({ items: [mug], next: expect.any(String) });
    expect(await listProducts(test.db, { limit: 1, after: ['Mug', MUG] })).toStrictEqual({ items: [pen], next: null });
  });

  it.each([
    ['pe', ['PEN']],
    ['Mu', ['MUG']],
    ['%', []],
    ['_', []],
    ['\\', []],
    ["'; DROP TABLE products", []],
  ])('are found by a part of name or code, taken as it is: %s', async (search, skus) => {
    const { items } = await listProducts(test.db, { search, limit: 10 });
    expect(items.map(({ sku }) => sku)).toStrictEqual(skus);
  });

  it('are added, changed and taken off the shelf; the books keep them', async () => {
    const added = await addProduct(test.db, { sku: 'CAP', name: 'Cap', description: '', priceCents: 1200 });
    expect(await readProduct(test.db, added.id)).toStrictEqual(added);
    expect(await changeProduct(test.db, { id: added.id, priceCents: 1100 })).toMatchObject({
      name: 'Cap',
      priceCents: 1100,
    });
    await retireProduct(test.db, added.id);
    const { retiredAt } = await readProduct(test.db, added.id);
    expect(retiredAt).toBeInstanceOf(Date);
    await retireProduct(test.db, added.id);
    expect(await readProduct(test.db, added.id)).toMatchObject({ retiredAt });
  });

  it('are of one code each, which a retired one keeps', async () => {
    await expect(addProduct(test.db, { sku: 'OLD', name: 'X', description: '', priceCents: 1 })).rejects.toMatchObject({
      code: 'CONFLICT',
      message: 'there is a product OLD already',
    });
  });

  it('are not found where there are none', async () => {
    await expect(readProduct(test.db, NOWHERE)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(changeProduct(test.db, { id: NOWHERE, name: 'X' })).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(retireProduct(test.db, NOWHERE)).rejects.toMatchObject({ code: 'NOT_FOUND' });
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
