import { createDatabasePool } from '@atriz/database';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { insertProducts, moveStock, MUG, readStock } from '../test/products.ts';
import { openProxy, type Proxy } from '../test/proxy.ts';
import { openTestService, type TestService } from '../test/service.ts';

const opened = new AsyncDisposableStack();
let proxy: Proxy;
let service: TestService;

beforeAll(async () => {
  service = opened.use(
    await openTestService({
      async openPool(connectionString) {
        proxy = opened.use(await openProxy(connectionString));
        return createDatabasePool({ connectionString: proxy.connectionString, onConnectionLost: () => undefined });
      },
    }),
  );
});
beforeEach(async () => {
  await service.owner.query('TRUNCATE products, sales, idempotency_keys CASCADE');
  await insertProducts(service.owner);
  await moveStock(service.owner, MUG, 3);
});
afterAll(() => opened.disposeAsync());

const sell = (key: string) =>
  service.app.inject({
    method: 'POST',
    url: '/sales',
    headers: { ...service.seller, 'idempotency-key': key },
    payload: { paymentMethod: 'cash', lines: [{ productId: MUG, quantity: 1 }] },
  });

test('while the database is away, requests are told so and when to come again; then all is as before', async () => {
  expect((await sell('before')).statusCode).toBe(201);
  await proxy.cut();
  for (const answer of [
    await sell('meanwhile'),
    await service.app.inject({ url: '/products', headers: service.seller }),
    await service.app.inject({ url: '/sales', headers: service.seller }),
  ]) {
    expect([answer.statusCode, answer.json().code]).toStrictEqual([503, 'SERVICE_UNAVAILABLE']);
    expect(Number(answer.headers['retry-after'])).toBeGreaterThanOrEqual(1);
  }
  expect((await service.app.inject('/health')).statusCode).toBe(200);
  await proxy.restore();
  expect((await sell('meanwhile')).statusCode).toBe(201);
  expect(await readStock(service.owner)).toStrictEqual(['Mug 1 1']);
});

test('a checkout whose COMMIT is not answered says that nobody knows, and the same key finds out: one sale', async () => {
  proxy.cutAfter('COMMIT');
  const unknown = await sell('lost');
  proxy.cutAfter(undefined);
  expect([unknown.statusCode, unknown.json()]).toMatchObject([
    503,
    { code: 'CONNECTION_LOST', detail: 'the connection broke during COMMIT; whether it took effect is not known' },
  ]);
  expect(unknown.headers['retry-after']).toBe('1');
  expect((await sell('lost')).statusCode).toBe(201);
  expect(await readStock(service.owner)).toStrictEqual(['Mug 2 2']);
});

test('a checkout that is cut before its COMMIT sells nothing, and the same key sells once', async () => {
  proxy.cutAfter('check_out');
  expect((await sell('cut')).statusCode).toBe(503);
  proxy.cutAfter(undefined);
  expect((await sell('cut')).statusCode).toBe(201);
  expect(await readStock(service.owner)).toStrictEqual(['Mug 2 2']);
});
