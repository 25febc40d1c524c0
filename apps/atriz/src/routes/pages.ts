import type { DatabasePool } from '@atriz/database';
import { decodeCursor, notFound, pageOf, pageQuery, text, timestamp, toPage, type Server } from '@atriz/http';
import { z } from 'zod';
import { findPublishedPage, listPages, searchPages } from '../pages.ts';

const summary = z.object({ slug: z.string(), title: z.string(), publishedAt: timestamp });
const page = summary.extend({ body: z.string().describe('Markdown') });
const params = z.object({ slug: z.string().max(100) });

/** `/pages`: what everybody may read. */
export function pagesRoutes(app: Server, { own }: { readonly own: DatabasePool }): void {
  app.get(
    '/pages',
    {
      schema: {
        tags: ['pages'],
        summary: 'Public pages, by slug; with q those that match, best first',
        querystring: pageQuery.extend({ q: text().max(200).optional().describe('as in a search engine') }),
        response: { 200: pageOf(summary) },
      },
    },
    async ({ query: { limit, after, q } }) => {
      // What matches best has no order to go on from: a search has one page.
      if (q !== undefined) return { items: await searchPages(own, q, { limit }), next: null };
      const [last] = decodeCursor(after, z.tuple([text().max(100)])) ?? [];
      return toPage(await listPages(own, { limit, after: last }), limit, ({ slug }) => [slug]);
    },
  );

  app.get(
    '/pages/:slug',
    { schema: { tags: ['pages'], summary: 'A public page', params, response: { 200: page } } },
    async ({ params: { slug } }) => {
      const found = /^[a-z0-9-]+$/.test(slug) ? await findPublishedPage(own, slug) : undefined;
      if (found === undefined) throw notFound('this page');
      return found;
    },
  );
}
