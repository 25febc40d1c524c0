import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestDatabase, type TestDatabase } from '../test/database.ts';
import { findPublishedPage, searchPages } from './pages.ts';

const AUTHOR = '11111111-1111-4111-8111-111111111111';
const NOW = new Date('2026-02-01T00:00:00Z');
const INSERT = 'INSERT INTO pages (slug, title, body, author_id, published_at) VALUES ($1, $2, $3, $4, $5)';
let test: TestDatabase;

beforeAll(async () => {
  test = await openTestDatabase();
  for (const [slug, title, body, publishedAt] of [
    ['vans', 'Vans', 'How we track vans.', '2026-01-01T00:00:00Z'],
    ['fleet', 'Fleet', 'A fleet has vans and lorries.', '2026-01-01T00:00:00Z'],
    ['draft', 'Vans again', 'Not yet.', null],
    ['tomorrow', 'More vans', 'Soon.', '2026-02-02T00:00:00Z'],
  ]) {
    await test.owner.query(INSERT, [slug, title, body, AUTHOR, publishedAt]);
  }
});
afterAll(() => test[Symbol.asyncDispose]());

describe('findPublishedPage', () => {
  it('finds a public page by its slug', async () => {
    expect(await findPublishedPage(test.db, 'vans', { now: NOW })).toStrictEqual({
      slug: 'vans',
      title: 'Vans',
      body: 'How we track vans.',
      authorId: AUTHOR,
      publishedAt: new Date('2026-01-01T00:00:00Z'),
    });
  });

  it.each(['draft', 'tomorrow', 'nowhere'])('hides the page "%s"', async (slug) => {
    expect(await findPublishedPage(test.db, slug, { now: NOW })).toBeUndefined();
  });
});

describe('searchPages', () => {
  it('finds public pages by other forms of a word, titles before bodies', async () => {
    const pages = await searchPages(test.db, 'van', { now: NOW });
    expect(pages.map(({ slug }) => slug)).toStrictEqual(['vans', 'fleet']);
  });

  it.each(['"', "':*&|!(", '', '-van'])('takes what a person may type: %s', async (words) => {
    await expect(searchPages(test.db, words, { now: NOW })).resolves.toBeInstanceOf(Array);
  });
});

describe('the table pages', () => {
  it.each(['', 'Vans', 'a b', '-a', 'a--b', 'a/b'])('refuses the slug "%s"', async (slug) => {
    await expect(test.owner.query(INSERT, [slug, 'Title', '', AUTHOR, null])).rejects.toMatchObject({
      constraint: 'pages_slug_check',
    });
  });

  it('refuses a second page of a slug', async () => {
    await expect(test.owner.query(INSERT, ['vans', 'Title', '', AUTHOR, null])).rejects.toMatchObject({
      code: '23505',
      constraint: 'pages_slug_key',
    });
  });
});
