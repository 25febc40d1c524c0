import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestService, type TestService } from '../test/service.ts';

const ID = '00000000-0000-4000-8000-000000000001';
let test: TestService;

beforeAll(async () => {
  test = await openTestService();
});
afterAll(() => test[Symbol.asyncDispose]());

describe('PShop', () => {
  it.each([
    ['GET', '/products'],
    ['POST', '/products'],
    ['GET', `/products/${ID}`],
    ['PATCH', `/products/${ID}`],
    ['DELETE', `/products/${ID}`],
    ['GET', '/inventory'],
    ['GET', `/inventory/${ID}`],
    ['PATCH', `/inventory/${ID}`],
    ['GET', '/stock-movements'],
    ['POST', '/stock-movements'],
    ['GET', '/sales'],
    ['POST', '/sales'],
    ['GET', `/sales/${ID}`],
    ['GET', `/sales/${ID}/refunds`],
    ['POST', `/sales/${ID}/refunds`],
    ['GET', '/reports/days/2026-03-29'],
  ] as const)('takes a token at %s %s', async (method, url) => {
    const answer = await test.app.inject({ method, url });
    expect([answer.statusCode, answer.json().code]).toStrictEqual([401, 'TOKEN_MISSING']);
    expect(answer.headers['www-authenticate']).toBe('Bearer');
  });

  it('describes its routes', async () => {
    const { paths } = (await test.app.inject('/openapi.json')).json();
    expect(Object.keys(paths).toSorted()).toStrictEqual([
      '/health',
      '/health/database',
      '/inventory',
      '/inventory/{productId}',
      '/products',
      '/products/{id}',
      '/reports/days/{date}',
      '/sales',
      '/sales/{id}',
      '/sales/{id}/refunds',
      '/stock-movements',
    ]);
    expect(paths['/sales'].post).toMatchObject({ summary: 'Checkout', tags: ['sales'] });
  });

  it.each(['/', '/main.js', '/cart.js', '/words.js', '/till.css', '/sign-on/sign-on.js'])('serves %s', async (url) => {
    expect((await test.app.inject(url)).statusCode).toBe(200);
  });

  it('lets its page run its own scripts only', async () => {
    const page = await test.app.inject('/');
    expect(page.headers['content-type']).toMatch('text/html');
    expect(page.headers['content-security-policy']).toMatch("script-src 'self'");
  });
});
