import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openService, type TestService } from '../../test/service.ts';

const AUTHOR = '11111111-1111-4111-8111-111111111111';
let service: TestService;

beforeAll(async () => {
  service = await openService();
  for (const [slug, title, publishedAt] of [
    ['about', 'About', '2026-01-01T00:00:00Z'],
    ['fleet', 'Fleet', '2026-01-02T00:00:00Z'],
    ['vans', 'Vans', '2026-01-03T00:00:00Z'],
    ['draft', 'Vans again', null],
  ]) {
    await service.own.owner.query(
      `INSERT INTO pages (slug, title, body, author_id, published_at) VALUES ($1, $2, 'Words.', $3, $4)`,
      [slug, title, AUTHOR, publishedAt],
    );
  }
});
afterAll(() => service[Symbol.asyncDispose]());

const get = async (url: string) => (await service.app.inject(url)).json();

describe('/pages', () => {
  it('lists what is public, in pages', async () => {
    const first = await get('/pages?limit=2');
    expect(first.items).toStrictEqual([
      { slug: 'about', title: 'About', publishedAt: '2026-01-01T00:00:00.000Z' },
      { slug: 'fleet', title: 'Fleet', publishedAt: '2026-01-02T00:00:00.000Z' },
    ]);
    expect(await get(`/pages?limit=2&after=${first.next}`)).toStrictEqual({
      items: [{ slug: 'vans', title: 'Vans', publishedAt: '2026-01-03T00:00:00.000Z' }],
      next: null,
    });
  });

  it('finds pages by their words', async () => {
    expect((await get('/pages?q=van')).items).toMatchObject([{ slug: 'vans' }]);
    expect(await get(`/pages?q=${encodeURIComponent("':*&|!(")}`)).toStrictEqual({ items: [], next: null });
  });

  it('gives a page, and no draft', async () => {
    expect(await get('/pages/vans')).toStrictEqual({
      slug: 'vans',
      title: 'Vans',
      body: 'Words.',
      publishedAt: '2026-01-03T00:00:00.000Z',
    });
    expect(await get('/pages/draft')).toMatchObject({ status: 404, code: 'NOT_FOUND' });
    expect(await get('/pages/%00')).toMatchObject({ status: 404 });
  });

  it.each(['/pages?limit=0', '/pages?limit=201', '/pages?after=nonsense', '/pages?q=%00'])(
    'refuses %s',
    async (url) => {
      expect(await get(url)).toMatchObject({ status: 400, code: 'REQUEST_INVALID' });
    },
  );
});
