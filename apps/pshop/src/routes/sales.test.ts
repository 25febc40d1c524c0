import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { insertProducts, moveStock, MUG, PEN, readStock } from '../../test/products.ts';
import { openTestService, type TestService } from '../../test/service.ts';
import { MANAGER, SELLER } from '../../test/tills.ts';

const NOWHERE = '99999999-9999-4999-8999-999999999999';
const CUP = 'abcdef00-0000-4000-8000-00000000000a';
const CART = {
  paymentMethod: 'card',
  lines: [
    { productId: MUG, quantity: 2 },
    { productId: PEN, quantity: 1 },
  ],
};
let test: TestService;

beforeAll(async () => {
  test = await openTestService();
});
beforeEach(async () => {
  await test.owner.query('TRUNCATE products, sales, idempotency_keys CASCADE');
  await insertProducts(test.owner);
  await test.owner.query(`INSERT INTO products (id, sku, name, price_cents) VALUES ($1, 'CUP', 'Cup', 500)`, [CUP]);
  await moveStock(test.owner, MUG, 3);
  await moveStock(test.owner, PEN, 50);
});
afterAll(() => test[Symbol.asyncDispose]());

const post = (url: string, payload: object, headers: Record<string, string> = { ...test.seller }) =>
  test.app.inject({ method: 'POST', url, headers, payload });
const get = (url: string, headers = test.seller) => test.app.inject({ url, headers });

describe('POST /sales', () => {
  it('sells a cart and says where the sale is', async () => {
    const sold = await post('/sales', CART);
    expect(sold.statusCode).toBe(201);
    const line = { lineNumber: 1, productId: MUG, quantity: 2, unitPriceCents: 950, lineTotalCents: 1900 };
    const sale = {
      id: expect.any(String),
      userId: SELLER,
      paymentMethod: 'card',
      totalCents: 2080,
      soldAt: expect.any(String),
      lines: [line, { lineNumber: 2, productId: PEN, quantity: 1, unitPriceCents: 180, lineTotalCents: 180 }],
    };
    expect(sold.json()).toStrictEqual(sale);
    expect(sold.headers.location).toBe(`/sales/${sold.json().id}`);
    expect((await get(sold.headers.location!)).json()).toStrictEqual({
      ...sold.json(),
      refundedCents: 0,
      lines: [
        { ...sold.json().lines[0], refundedQuantity: 0 },
        { ...sold.json().lines[1], refundedQuantity: 0 },
      ],
    });
    expect(await readStock(test.owner)).toStrictEqual(['Mug 1 1', 'Pen 49 49']);
  });

  it('sells once when twenty of the same key come at once, and answers them alike', async () => {
    const headers = { ...test.seller, 'idempotency-key': 'till-1-42' };
    const answers = await Promise.all(Array.from({ length: 20 }, () => post('/sales', CART, headers)));
    const told = answers.map(({ statusCode, headers: { location }, body }) => `${statusCode} ${location} ${body}`);
    expect(new Set(told).size).toBe(1);
    expect(answers[0]!.statusCode).toBe(201);
    expect(await readStock(test.owner)).toStrictEqual(['Mug 1 1', 'Pen 49 49']);

    const refund = await post(`${answers[0]!.headers.location}/refunds`, {});
    expect(refund.statusCode).toBe(201);
    expect((await post('/sales', CART, headers)).body).toBe(answers[0]!.body);

    const other = await post('/sales', { ...CART, paymentMethod: 'cash' }, headers);
    expect([other.statusCode, other.json().code]).toStrictEqual([422, 'IDEMPOTENCY_MISMATCH']);
  });

  it('says of what there is not enough, however the product’s id is written', async () => {
    const answer = await post('/sales', { ...CART, lines: [{ productId: CUP.toUpperCase(), quantity: 4 }] });
    expect(answer.statusCode).toBe(409);
    expect(answer.json()).toMatchObject({
      code: 'STOCK_INSUFFICIENT',
      detail: 'there is not enough in stock of CUP (0 left)',
    });
  });

  it.each([
    ['a product that it does not sell', { ...CART, lines: [{ productId: NOWHERE, quantity: 1 }] }, 409],
    ['an empty cart', { ...CART, lines: [] }, 400],
    ['a quantity of nothing', { ...CART, lines: [{ productId: MUG, quantity: 0 }] }, 400],
    ['half a piece', { ...CART, lines: [{ productId: MUG, quantity: 0.5 }] }, 400],
    ['a price of the client’s', { ...CART, lines: [{ productId: MUG, quantity: 1, unitPriceCents: 1 }] }, 400],
    ['another payment', { ...CART, paymentMethod: 'shells' }, 400],
    ['a seller of the client’s', { ...CART, userId: MANAGER }, 400],
  ])('refuses %s', async (_, payload, status) => {
    expect((await post('/sales', payload)).statusCode).toBe(status);
    expect(await readStock(test.owner)).toStrictEqual(['Mug 3 3', 'Pen 50 50']);
  });

  it.each(['', 'a b', 'x'.repeat(256), 'ä'])('refuses the key "%s"', async (key) => {
    expect((await post('/sales', CART, { ...test.seller, 'idempotency-key': key })).statusCode).toBe(400);
  });
});

describe('sales of others', () => {
  it('are not there for a seller, and are for a manager', async () => {
    const { headers, json } = await post('/sales', CART);
    const { id } = json();
    const url = headers.location!;
    for (const path of [url, `${url}/refunds`]) {
      const answer = await get(path, test.otherSeller);
      expect([answer.statusCode, answer.json().code]).toStrictEqual([404, 'NOT_FOUND']);
      expect((await get(path, test.manager)).statusCode).toBe(200);
    }
    const refund = await post(`${url}/refunds`, {}, { ...test.otherSeller });
    expect([refund.statusCode, refund.json().code]).toStrictEqual([404, 'NOT_FOUND']);
    expect((await get('/sales', test.otherSeller)).json()).toStrictEqual({ items: [], next: null });
    expect((await get('/sales', test.manager)).json()).toMatchObject({ items: [{ id, userId: SELLER }] });
  });
});

describe('GET /sales', () => {
  it('goes on where the last page ended', async () => {
    const ids: string[] = [];
    for (let sale = 0; sale < 3; sale += 1) {
      ids.unshift((await post('/sales', { ...CART, lines: [{ productId: PEN, quantity: 1 }] })).json().id);
    }
    const first = (await get('/sales?limit=2')).json();
    const second = (await get(`/sales?limit=2&after=${first.next}`)).json();
    expect([...first.items, ...second.items].map(({ id }) => id)).toStrictEqual(ids);
    expect(second.next).toBeNull();
  });
});

describe('/sales/:id/refunds', () => {
  it('gives money back by line, and no more than was paid', async () => {
    const { headers } = await post('/sales', CART);
    const url = `${headers.location}/refunds`;
    const payload = { lines: [{ lineNumber: 1, quantity: 1 }], reason: 'a crack' };
    const given = await post(url, payload);
    expect(given.statusCode).toBe(201);
    expect(given.headers.location).toBe(url);
    expect(given.json()).toMatchObject({ userId: SELLER, totalCents: 950, ...payload });
    expect((await get(url)).json()).toStrictEqual({ items: [given.json()] });

    const tooMany = await post(url, { lines: [{ lineNumber: 1, quantity: 2 }] });
    expect([tooMany.statusCode, tooMany.json().code]).toStrictEqual([409, 'CONFLICT']);
    expect(await readStock(test.owner)).toStrictEqual(['Mug 2 2', 'Pen 49 49']);
  });

  it('gives it back once for a key', async () => {
    const { headers } = await post('/sales', CART);
    const give = () => post(`${headers.location}/refunds`, {}, { ...test.seller, 'idempotency-key': 'refund-1' });
    expect((await give()).body).toBe((await give()).body);
    expect(await readStock(test.owner)).toStrictEqual(['Mug 3 3', 'Pen 50 50']);
  });

  it('takes a manager after a day', async () => {
    const { headers } = await post('/sales', CART);
    await test.owner.query(`UPDATE sales SET sold_at = now() - interval '25 hours'`);
    const url = `${headers.location}/refunds`;
    const late = await post(url, {});
    expect([late.statusCode, late.json().code]).toStrictEqual([403, 'ROLE_MISSING']);
    expect((await post(url, {}, { ...test.manager })).json()).toMatchObject({ userId: MANAGER, totalCents: 2080 });
  });

  it.each([
    ['no line', { lines: [] }],
    [
      'a line twice',
      {
        lines: [
          { lineNumber: 1, quantity: 1 },
          { lineNumber: 1, quantity: 1 },
        ],
      },
    ],
    ['an amount of the client’s', { totalCents: 1 }],
  ])('refuses %s', async (_, payload) => {
    const { headers } = await post('/sales', CART);
    expect((await post(`${headers.location}/refunds`, payload)).statusCode).toBe(400);
  });
});

describe('GET /reports/days/:date', () => {
  it('adds up the day, for a seller his own, for a manager everybody’s', async () => {
    await post('/sales', CART);
    await post('/sales', { paymentMethod: 'cash', lines: [{ productId: PEN, quantity: 4 }] }, { ...test.otherSeller });
    await test.owner.query(`UPDATE sales SET sold_at = '2026-03-29T12:00:00Z'`);
    const report = async (headers: typeof test.seller) =>
      (await get('/reports/days/2026-03-29?timeZone=Europe/Berlin', headers)).json();
    const nothing = { count: 0, pieces: 0, totalCents: 0, byPaymentMethod: { cash: 0, card: 0, transfer: 0 } };
    expect(await report(test.seller)).toStrictEqual({
      date: '2026-03-29',
      timeZone: 'Europe/Berlin',
      from: '2026-03-28T23:00:00.000Z',
      until: '2026-03-29T22:00:00.000Z',
      sales: { count: 1, pieces: 3, totalCents: 2080, byPaymentMethod: { cash: 0, card: 2080, transfer: 0 } },
      refunds: nothing,
      netCents: 2080,
    });
    expect(await report(test.otherSeller)).toMatchObject({ sales: { count: 1, totalCents: 720 } });
    expect(await report(test.manager)).toMatchObject({
      sales: { count: 2, byPaymentMethod: { cash: 720, card: 2080, transfer: 0 } },
    });
  });

  it.each([
    '2026-02-30',
    '0000-01-01',
    '9999-12-31',
    'today',
    '2026-03-29?timeZone=Atlantis',
    '2026-03-29?timeZone=%2B02:00',
    '2026-03-29?timeZone=',
  ])('refuses %s', async (day) => {
    const answer = await get(`/reports/days/${day}`);
    expect([answer.statusCode, answer.json().code]).toStrictEqual([400, 'REQUEST_INVALID']);
  });
});
