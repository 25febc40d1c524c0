import { requireAuth, requireRole } from '@atriz/core/fastify';
import type { DatabasePool } from '@atriz/database';
import { decodeCursor, pageOf, pageQuery, text, timestamp, type Server } from '@atriz/http';
import { z } from 'zod';
import { addProduct, changeProduct, listProducts, readProduct, retireProduct } from '../products.ts';
import { bearer, byId, nameKey } from './schemas.ts';

const MOST_CENTS = 100_000_000;

const newProduct = z.strictObject({
  sku: z
    .string()
    .max(40)
    .regex(/^[A-Z0-9]+(-[A-Z0-9]+)*$/)
    .meta({ description: 'The shop’s own code; it is never changed.', examples: ['MUG-WHITE'] }),
  name: text()
    .trim()
    .min(1)
    .max(200)
    .meta({ examples: ['Mug, white'] }),
  description: text().max(10_000).default(''),
  priceCents: z
    .int()
    .min(0)
    .max(MOST_CENTS)
    .meta({ description: 'The price of one, in cents.', examples: [950] }),
});

const changes = newProduct
  .pick({ name: true, priceCents: true })
  .extend({ description: text().max(10_000) })
  .partial()
  .refine((given) => Object.keys(given).length > 0, 'nothing to change');

const product = z.object({
  id: z.uuid(),
  sku: z.string(),
  name: z.string(),
  description: z.string(),
  priceCents: z.int(),
  quantity: z.int().meta({ description: 'Pieces in stock.' }),
  retiredAt: timestamp.nullable(),
});

const tags = ['products'];

/** What the shop sells. Everybody who is signed in reads it, managers and admins change it. */
export function addProductRoutes(app: Server, db: DatabasePool): void {
  app.get(
    '/products',
    {
      onRequest: requireAuth,
      schema: {
        ...bearer,
        tags,
        summary: 'What the shop sells today, by name',
        querystring: pageQuery.extend({
          q: text().trim().min(1).max(100).optional().meta({ description: 'A part of the name or of the code.' }),
        }),
        response: { 200: pageOf(product) },
      },
    },
    ({ query: { q, limit, after } }) => listProducts(db, { search: q, limit, after: decodeCursor(after, nameKey) }),
  );

  app.get(
    '/products/:id',
    {
      onRequest: requireAuth,
      schema: { ...bearer, tags, summary: 'A product, retired or not', params: byId, response: { 200: product } },
    },
    ({ params: { id } }) => readProduct(db, id),
  );

  app.post(
    '/products',
    {
      onRequest: requireRole('manager', 'admin'),
      schema: { ...bearer, tags, summary: 'Puts a product on the shelf', body: newProduct, response: { 201: product } },
    },
    async ({ body }, reply) => {
      const added = await addProduct(db, body);
      return reply.code(201).header('location', `/products/${added.id}`).send(added);
    },
  );

  app.patch(
    '/products/:id',
    {
      onRequest: requireRole('manager', 'admin'),
      schema: {
        ...bearer,
        tags,
        summary: 'Changes name, description or price',
        description: 'Sales keep the prices that they were made at.',
        params: byId,
        body: changes,
        response: { 200: product },
      },
    },
    ({ params: { id }, body }) => changeProduct(db, { id, ...body }),
  );

  app.delete(
    '/products/:id',
    {
      onRequest: requireRole('manager', 'admin'),
      schema: {
        ...bearer,
        tags,
        summary: 'Takes a product off the shelf',
        description: 'The books keep it. It changes nothing the second time.',
        params: byId,
        response: { 204: z.null() },
      },
    },
    async ({ params: { id } }, reply) => {
      await retireProduct(db, id);
      return reply.code(204).send(null);
    },
  );
}
