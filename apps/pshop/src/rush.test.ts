import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { insertProducts, moveStock, MUG, PEN, readStock } from '../test/products.ts';
import { openTestService, type TestService } from '../test/service.ts';

let service: TestService;

beforeAll(async () => {
  service = await openTestService();
});
beforeEach(async () => {
  await service.owner.query('TRUNCATE products, sales, idempotency_keys CASCADE');
  await insertProducts(service.owner);
});
afterAll(() => service[Symbol.asyncDispose]());

/** How many checkouts were answered how. */
async function rush(count: number, linesOf: (index: number) => object[]): Promise<Record<string, number>> {
  const answers = await Promise.all(
    Array.from({ length: count }, (_, index) =>
      service.app.inject({
        method: 'POST',
        url: '/sales',
        headers: index % 2 ? service.seller : service.otherSeller,
        payload: { paymentMethod: 'card', lines: linesOf(index) },
      }),
    ),
  );
  const told = answers.map((answer) => `${answer.statusCode} ${answer.json().code ?? 'sold'}`);
  return Object.fromEntries([...Map.groupBy(told, (each) => each)].map(([each, all]) => [each, all.length]));
}

test('1,000 checkouts at once of the last 100 pieces sell exactly 100, and tell the others so', async () => {
  await moveStock(service.owner, MUG, 100);
  const began = performance.now();
  expect(await rush(1000, () => [{ productId: MUG, quantity: 1 }])).toStrictEqual({
    '201 sold': 100,
    '409 STOCK_INSUFFICIENT': 900,
  });
  expect(performance.now() - began).toBeLessThan(30_000);
  expect(await readStock(service.owner)).toStrictEqual(['Mug 0 0']);
  const { rows } = await service.owner.query('SELECT count(*)::integer AS sales, sum(total_cents) AS cents FROM sales');
  expect(rows).toStrictEqual([{ sales: 100, cents: '95000' }]);
});

test('200 carts of the same two products, half of them the other way round, neither deadlock nor oversell', async () => {
  await moveStock(service.owner, MUG, 100);
  await moveStock(service.owner, PEN, 150);
  const lines = [
    { productId: MUG, quantity: 1 },
    { productId: PEN, quantity: 1 },
  ];
  expect(await rush(200, (index) => (index % 4 < 2 ? lines : lines.toReversed()))).toStrictEqual({
    '201 sold': 100,
    '409 STOCK_INSUFFICIENT': 100,
  });
  expect(await readStock(service.owner)).toStrictEqual(['Mug 0 0', 'Pen 50 50']);
});
