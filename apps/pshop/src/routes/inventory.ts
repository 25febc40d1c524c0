import { requireAuth, requireRole } from '@atriz/core/fastify';
import type { DatabasePool } from '@atriz/database';
import { decodeCursor, pageOf, pageQuery, type Server } from '@atriz/http';
import { z } from 'zod';
import { listStock, readStockFigure, setReorderLevel } from '../inventory.ts';
import { bearer, nameKey } from './schemas.ts';

const figure = z.object({
  productId: z.uuid(),
  sku: z.string(),
  name: z.string(),
  quantity: z.int().meta({ description: 'Pieces in stock.' }),
  reorderLevel: z.int().meta({ description: 'Order more once fewer than this many are left; 0 for never.' }),
});

const byProduct = z.object({ productId: z.uuid() });
const tags = ['inventory'];

/** The stock of each product. It is moved by sales, refunds and stock movements, and by nothing else. */
export function addInventoryRoutes(app: Server, db: DatabasePool): void {
  app.get(
    '/inventory',
    {
      onRequest: requireAuth,
      schema: {
        ...bearer,
        tags,
        summary: 'The stock of what the shop sells, by name',
        querystring: pageQuery.extend({
          below: z.literal('reorder').optional().meta({ description: 'Only what is to be ordered.' }),
        }),
        response: { 200: pageOf(figure) },
      },
    },
    ({ query: { below, limit, after } }) =>
      listStock(db, { isBelowReorderLevel: below === 'reorder', limit, after: decodeCursor(after, nameKey) }),
  );

  app.get(
    '/inventory/:productId',
    {
      onRequest: requireAuth,
      schema: { ...bearer, tags, summary: 'The stock of a product', params: byProduct, response: { 200: figure } },
    },
    ({ params: { productId } }) => readStockFigure(db, productId),
  );

  app.patch(
    '/inventory/:productId',
    {
      onRequest: requireRole('manager', 'admin'),
      schema: {
        ...bearer,
        tags,
        summary: 'Says when to order more',
        params: byProduct,
        body: z.strictObject({ reorderLevel: z.int().min(0).max(1_000_000_000) }),
        response: { 200: figure },
      },
    },
    ({ params: { productId }, body: { reorderLevel } }) => setReorderLevel(db, { productId, reorderLevel }),
  );
}
