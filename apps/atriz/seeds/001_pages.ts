import { seedId, type SeedFunction } from '@atriz/database';
import { createKysely } from '@atriz/database/kysely';
import type { Insertable } from 'kysely';
import type { DB, Pages } from '../src/schema.ts';

const PUBLISHED_AT = '2026-01-05T09:00:00Z';
const PAGES = [
  {
    slug: 'home',
    title: 'Atriz',
    body: 'One company, several products. Sign in once, and use them all.',
    publishedAt: PUBLISHED_AT,
  },
  {
    slug: 'about',
    title: 'About us',
    body: 'We build **MexTrack**, which finds vehicles, and **PShop**, which sells.',
    publishedAt: PUBLISHED_AT,
  },
  {
    slug: 'contact',
    title: 'Contact',
    body: 'Write to us with the form below; we answer within two working days.',
    publishedAt: PUBLISHED_AT,
  },
  {
    slug: 'mextrack',
    title: 'MexTrack',
    body: 'Positions of your whole fleet, live and for years back. Geofences tell you who came and went.',
    publishedAt: PUBLISHED_AT,
  },
  {
    slug: 'pshop',
    title: 'PShop',
    body: 'A till, a stock room and the books, in agreement with each other.',
    publishedAt: PUBLISHED_AT,
  },
  { slug: 'careers', title: 'Careers', body: 'Nothing to see yet.', publishedAt: null },
];

/** Pages to develop the website with, written by the development users: five published, one draft. */
const seed: SeedFunction = async (client, { environment, log }) => {
  if (environment === 'production') {
    log('no pages: their authors are development users, and this is production');
    return;
  }
  const pages = PAGES.map(({ slug, title, body, publishedAt }): Insertable<Pages> => ({
    id: seedId(`page:${slug}`),
    slug,
    title,
    body,
    author_id: seedId('user:manager@atriz.dev'),
    published_at: publishedAt,
  }));
  const db = createKysely<DB>(client);
  await db
    .insertInto('pages')
    .values(pages)
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  log(`${pages.length} pages`);
};

export default seed;
