import { identityOf, requireAuth, requireRole } from '@atriz/core/fastify';
import type { DatabasePool } from '@atriz/database';
import { decodeCursor, pageOf, pageQuery, text, timestamp, type Server } from '@atriz/http';
import { z } from 'zod';
import { listMovements, moveStock } from '../stock.ts';
import { bearer, namesProductsOnce, productId } from './schemas.ts';

const MOST_LINES = 1000;
const MOST_PIECES = 1_000_000_000;

const reference = text()
  .trim()
  .min(1)
  .max(200)
  .meta({
    description: 'Number of the delivery note, stocktake or other document. The same number moves a product once.',
    examples: ['D-2026-0417'],
  });

const newMovements = z.discriminatedUnion('reason', [
  z.strictObject({
    reason: z.literal('receipt'),
    reference,
    lines: linesOf(z.int().min(1).max(MOST_PIECES)),
  }),
  z.strictObject({
    reason: z.literal('adjustment'),
    reference: reference.optional(),
    lines: linesOf(
      z
        .int()
        .min(-MOST_PIECES)
        .max(MOST_PIECES)
        .refine((change) => change !== 0, 'moves nothing'),
    ),
  }),
]);

const movement = z.object({
  id: z.int(),
  productId: z.uuid(),
  quantityChange: z.int().meta({ description: 'Pieces that came (positive) or went (negative).' }),
  reason: z.string(),
  reference: z.string().nullable(),
  userId: z.uuid().nullable(),
  createdAt: timestamp,
});

const movementKey = z.tuple([z.string().regex(/^[1-9]\d{0,14}$/)]);
const tags = ['stock movements'];

function linesOf(quantityChange: z.ZodType<number, number>) {
  return z
    .array(z.strictObject({ productId, quantityChange }))
    .min(1)
    .max(MOST_LINES)
    .refine(namesProductsOnce, 'names a product twice');
}

/** Every change of stock, append-only. Everybody reads their own, managers and admins read all and enter new ones. */
export function addStockMovementRoutes(app: Server, db: DatabasePool): void {
  app.get(
    '/stock-movements',
    {
      onRequest: requireAuth,
      schema: {
        ...bearer,
        tags,
        summary: 'Changes of stock, newest first',
        description: 'One’s own; all of them for managers and admins.',
        querystring: pageQuery.extend({ productId: z.uuid().optional(), reference: reference.optional() }),
        response: { 200: pageOf(movement) },
      },
    },
    async (request) => {
      const { after, ...wanted } = request.query;
      const key = decodeCursor(after, movementKey);
      return listMovements({ db, seller: identityOf(request) }, { ...wanted, after: key && Number(key[0]) });
    },
  );

  app.post(
    '/stock-movements',
    {
      onRequest: requireRole('manager', 'admin'),
      schema: {
        ...bearer,
        tags,
        summary: 'Takes a delivery in, or corrects the stock',
        description: 'All lines count or none. A reference that moved one of the products before is refused.',
        body: newMovements,
        response: { 201: z.object({ items: z.array(movement) }) },
      },
    },
    async (request, reply) => {
      const items = await moveStock({ db, seller: identityOf(request) }, request.body);
      const { reference: number } = request.body;
      const where =
        number === undefined ? `productId=${items[0]!.productId}` : `reference=${encodeURIComponent(number)}`;
      return reply.code(201).header('location', `/stock-movements?${where}`).send({ items });
    },
  );
}
