import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { insertProducts, MUG, PEN, readStock } from '../../test/products.ts';
import { openTestService, type TestService } from '../../test/service.ts';
import { MANAGER } from '../../test/tills.ts';

const NOWHERE = '99999999-9999-4999-8999-999999999999';
let test: TestService;

beforeAll(async () => {
  test = await openTestService();
});
beforeEach(async () => {
  await test.owner.query('TRUNCATE products CASCADE');
  await insertProducts(test.owner);
});
afterAll(() => test[Symbol.asyncDispose]());

const post = (payload: object, headers = test.manager) =>
  test.app.inject({ method: 'POST', url: '/stock-movements', headers, payload });

const RECEIPT = { reason: 'receipt', reference: 'D 1/2', lines: [{ productId: MUG, quantityChange: 5 }] };

describe('/stock-movements', () => {
  it('take a delivery in, once', async () => {
    const received = await post(RECEIPT);
    expect(received.statusCode).toBe(201);
    const movement = {
      id: expect.any(Number),
      productId: MUG,
      quantityChange: 5,
      reason: 'receipt',
      reference: 'D 1/2',
      userId: MANAGER,
      createdAt: expect.any(String),
    };
    expect(received.json()).toStrictEqual({ items: [movement] });
    const where = await test.app.inject({ url: received.headers.location!, headers: test.manager });
    expect(where.json()).toStrictEqual({ items: [movement], next: null });

    const again = await post(RECEIPT);
    expect([again.statusCode, again.json().code]).toStrictEqual([409, 'CONFLICT']);
    expect(await readStock(test.owner)).toStrictEqual(['Mug 5 5']);
  });

  it('correct the stock, never below nothing', async () => {
    await post(RECEIPT);
    const correct = (quantityChange: number) =>
      post({ reason: 'adjustment', lines: [{ productId: MUG, quantityChange }] });
    const corrected = await correct(-2);
    expect([corrected.statusCode, corrected.headers.location]).toStrictEqual([
      201,
      `/stock-movements?productId=${MUG}`,
    ]);
    const refused = await correct(-4);
    expect([refused.statusCode, refused.json().code]).toStrictEqual([409, 'STOCK_INSUFFICIENT']);
    expect(await readStock(test.owner)).toStrictEqual(['Mug 3 3']);
  });

  it('of others are not a seller’s to read, nor to make', async () => {
    await post(RECEIPT);
    const answer = await test.app.inject({ url: `/stock-movements?productId=${MUG}`, headers: test.seller });
    expect(answer.json()).toStrictEqual({ items: [], next: null });
    const refused = await post(RECEIPT, test.seller);
    expect([refused.statusCode, refused.json().code]).toStrictEqual([403, 'ROLE_MISSING']);
  });

  it('come in pages', async () => {
    await post({ ...RECEIPT, lines: [...RECEIPT.lines, { productId: PEN, quantityChange: 7 }] });
    const url = '/stock-movements?limit=1';
    const first = (await test.app.inject({ url, headers: test.manager })).json();
    const second = (await test.app.inject({ url: `${url}&after=${first.next}`, headers: test.manager })).json();
    expect([first.items[0].productId, second.items[0].productId, second.next]).toStrictEqual([PEN, MUG, null]);
  });

  it.each([
    ['a delivery without a number', { ...RECEIPT, reference: undefined }, 400],
    ['a delivery that takes away', { ...RECEIPT, lines: [{ productId: MUG, quantityChange: -1 }] }, 400],
    ['a correction of nothing', { reason: 'adjustment', lines: [{ productId: MUG, quantityChange: 0 }] }, 400],
    ['a product twice', { ...RECEIPT, lines: [...RECEIPT.lines, ...RECEIPT.lines] }, 400],
    ['no line', { ...RECEIPT, lines: [] }, 400],
    ['a sale that no till made', { ...RECEIPT, reason: 'sale' }, 400],
    ['a product that does not exist', { ...RECEIPT, lines: [{ productId: NOWHERE, quantityChange: 1 }] }, 409],
  ])('refuse %s', async (_, payload, status) => {
    expect((await post(payload)).statusCode).toBe(status);
    expect(await readStock(test.owner)).toStrictEqual([]);
  });
});

describe('/inventory', () => {
  it('has the stock of every product, and says what to order', async () => {
    await post(RECEIPT);
    const read = async (url: string) => (await test.app.inject({ url, headers: test.seller })).json();
    const mug = { productId: MUG, sku: 'MUG', name: 'Mug', quantity: 5, reorderLevel: 0 };
    const pen = { productId: PEN, sku: 'PEN', name: 'Pen', quantity: 0, reorderLevel: 0 };
    expect(await read('/inventory')).toStrictEqual({ items: [mug, pen], next: null });
    expect(await read(`/inventory/${PEN}`)).toStrictEqual(pen);

    const url = `/inventory/${MUG}`;
    const payload = { reorderLevel: 6 };
    const changed = await test.app.inject({ method: 'PATCH', url, headers: test.manager, payload });
    expect(changed.json()).toStrictEqual({ ...mug, reorderLevel: 6 });
    expect(await read('/inventory?below=reorder')).toStrictEqual({ items: [{ ...mug, reorderLevel: 6 }], next: null });

    const refused = await test.app.inject({ method: 'PATCH', url, headers: test.seller, payload });
    expect(refused.statusCode).toBe(403);
    expect((await test.app.inject({ url: `/inventory/${NOWHERE}`, headers: test.seller })).statusCode).toBe(404);
  });
});
