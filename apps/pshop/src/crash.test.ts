import { setTimeout as wait } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { openSharedTestDatabase, openTestDatabase } from '../test/database.ts';
import { serveJson, startProcess, type ServiceProcess } from '../test/process.ts';
import { insertProducts, moveStock, MUG, PEN, readStock } from '../test/products.ts';
import { ISSUER, openSignOn } from '../test/service.ts';
import { SELLER } from '../test/tills.ts';

test('killed in the middle of checkouts, the service leaves no half of a sale, and none that it acknowledged is lost', async () => {
  await using own = await openTestDatabase();
  await using shared = await openSharedTestDatabase();
  const { keys, bearerOf } = await openSignOn();
  await using published = await serveJson(await keys.publicKeys(new Date()));
  const headers = { ...(await bearerOf(SELLER, ['member'])), 'content-type': 'application/json' };
  const variables = {
    DATABASE_URL: own.appConnectionString,
    SHARED_DATABASE_URL: shared.connectionString,
    AUTH_ISSUER: ISSUER,
    AUTH_JWKS_URL: published.url,
  };
  await insertProducts(own.owner);
  await moveStock(own.owner, MUG, 1000);
  await moveStock(own.owner, PEN, 1000);

  /** The id of the sale. */
  const sell = async ({ url }: ServiceProcess, key: number): Promise<string> => {
    const lines = [
      { productId: key % 2 ? MUG : PEN, quantity: 1 },
      { productId: key % 2 ? PEN : MUG, quantity: 2 },
    ];
    const answer = await fetch(`${url}/sales`, {
      method: 'POST',
      headers: { ...headers, 'idempotency-key': `cart-${key}` },
      body: JSON.stringify({ paymentMethod: 'cash', lines }),
    });
    const sale = await answer.json();
    expect(sale).toMatchObject({ userId: SELLER, id: expect.any(String) });
    return (sale as { readonly id: string }).id;
  };

  const first = await startProcess(variables);
  const acknowledged = new Map<number, string>();
  const tills = Array.from({ length: 10 }, async (_, till) => {
    for (let cart = 0; cart < 30; cart += 1) {
      const key = till * 30 + cart;
      acknowledged.set(key, await sell(first, key));
    }
  });
  const stopped = Promise.allSettled(tills);
  while (acknowledged.size < 40) await wait(1);
  await first.kill();
  expect((await stopped).map(({ status }) => status)).toContain('rejected');
  const halves = await own.owner.query(`
    SELECT sales.id
    FROM sales
    LEFT JOIN sale_items ON sale_items.sale_id = sales.id
    LEFT JOIN stock_movements ON stock_movements.sale_item_id = sale_items.id
    GROUP BY sales.id
    HAVING count(stock_movements.id) <> 2`);
  expect(halves.rows).toStrictEqual([]);

  const second = await startProcess(variables);
  try {
    for (const [key, id] of acknowledged) expect(await sell(second, key)).toBe(id);
    const all = await Promise.all(Array.from({ length: 300 }, (_, key) => sell(second, key)));
    expect(new Set(all).size).toBe(300);
  } finally {
    await second.kill();
  }
  const { rows } = await own.owner.query('SELECT count(*)::integer AS sales FROM sales');
  expect(rows).toStrictEqual([{ sales: 300 }]);
  expect(await readStock(own.owner)).toStrictEqual(['Mug 550 550', 'Pen 550 550']);
});
