import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestService, type TestService } from '../../test/service.ts';

const PEN = { sku: 'PEN', name: 'Pen', description: 'Blue.', priceCents: 180 };
let test: TestService;

beforeAll(async () => {
  test = await openTestService();
});
afterAll(() => test[Symbol.asyncDispose]());

describe('/products', () => {
  it('are made, read, changed and retired', async () => {
    const { app, manager: headers, seller } = test;
    const made = await app.inject({ method: 'POST', url: '/products', headers, payload: PEN });
    expect(made.statusCode).toBe(201);
    const pen = { id: expect.any(String), ...PEN, quantity: 0, retiredAt: null };
    expect(made.json()).toStrictEqual(pen);
    const url = made.headers.location!;
    expect(url).toBe(`/products/${made.json().id}`);

    expect((await app.inject({ url, headers: seller })).json()).toStrictEqual(pen);
    const changed = await app.inject({ method: 'PATCH', url, headers, payload: { priceCents: 200 } });
    expect(changed.json()).toStrictEqual({ ...pen, priceCents: 200 });

    expect(await list('/products?q=pe')).toStrictEqual({ items: [{ ...pen, priceCents: 200 }], next: null });
    const retired = await app.inject({ method: 'DELETE', url, headers });
    expect([retired.statusCode, retired.body]).toStrictEqual([204, '']);
    expect(await list('/products')).toStrictEqual({ items: [], next: null });
    expect((await app.inject({ url, headers: seller })).json()).toMatchObject({ retiredAt: expect.any(String) });

    const again = await app.inject({ method: 'POST', url: '/products', headers, payload: PEN });
    expect([again.statusCode, again.json().code]).toStrictEqual([409, 'CONFLICT']);
  });

  it('come in pages that go on where the last one ended', async () => {
    await test.owner.query(`
      INSERT INTO products (sku, name, price_cents)
      SELECT 'CAP-' || number, 'Cap', 100 FROM generate_series(1, 5) AS number`);
    const found: string[] = [];
    let after = '';
    do {
      const page = await list(`/products?q=cap&limit=2${after}`);
      found.push(...page.items.map(({ sku }) => sku));
      after = page.next === null ? '' : `&after=${page.next}`;
    } while (after !== '');
    expect(found.toSorted()).toStrictEqual(['CAP-1', 'CAP-2', 'CAP-3', 'CAP-4', 'CAP-5']);
  });

  it.each([
    ['POST', '/products', PEN],
    ['PATCH', '/products/00000000-0000-4000-8000-000000000001', { priceCents: 1 }],
    ['DELETE', '/products/00000000-0000-4000-8000-000000000001', undefined],
  ] as const)('are changed by managers only: %s', async (method, url, payload) => {
    const options = { method, url, headers: test.seller, ...(payload && { payload }) };
    const answer = await test.app.inject(options);
    expect([answer.statusCode, answer.json().code]).toStrictEqual([403, 'ROLE_MISSING']);
  });

  it.each([
    ['a code in lower case', { ...PEN, sku: 'pen' }],
    ['an empty name', { ...PEN, name: '  ' }],
    ['a NUL in the name', { ...PEN, name: 'a\0b' }],
    ['half a cent', { ...PEN, priceCents: 0.5 }],
    ['a price below nothing', { ...PEN, priceCents: -1 }],
    ['a field it does not know', { ...PEN, quantity: 5 }],
  ])('refuse %s', async (_, payload) => {
    const answer = await test.app.inject({ method: 'POST', url: '/products', headers: test.manager, payload });
    expect([answer.statusCode, answer.json().code]).toStrictEqual([400, 'REQUEST_INVALID']);
  });

  it.each(['after=x', 'limit=0', 'limit=201', 'q='])('refuse ?%s', async (query) => {
    const answer = await test.app.inject({ url: `/products?${query}`, headers: test.seller });
    expect([answer.statusCode, answer.json().code]).toStrictEqual([400, 'REQUEST_INVALID']);
  });
});

async function list(url: string): Promise<{ items: { sku: string }[]; next: string | null }> {
  return (await test.app.inject({ url, headers: test.seller })).json();
}
