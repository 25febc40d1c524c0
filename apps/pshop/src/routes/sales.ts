import { identityOf, requireAuth } from '@atriz/core/fastify';
import type { DatabasePool } from '@atriz/database';
import { decodeCursor, pageOf, pageQuery, timestamp, type Server } from '@atriz/http';
import { z } from 'zod';
import { checkOut } from '../checkout.ts';
import { listSales, readSale } from '../sales.ts';
import { bearer, byId, idempotencyHeaders, paymentMethod, productId, timeKey } from './schemas.ts';

const MOST_LINES = 100;
const MOST_PIECES = 10_000;

const cart = z.strictObject({
  paymentMethod,
  lines: z
    .array(z.strictObject({ productId, quantity: z.int().min(1).max(MOST_PIECES) }))
    .min(1)
    .max(MOST_LINES),
});

const summary = z.object({
  id: z.uuid(),
  userId: z.uuid().meta({ description: 'Who sold.' }),
  paymentMethod: z.string(),
  totalCents: z.int(),
  soldAt: timestamp,
});

const line = z.object({
  lineNumber: z.int(),
  productId: z.uuid(),
  quantity: z.int(),
  unitPriceCents: z.int(),
  lineTotalCents: z.int(),
});

/** Without what may change afterwards: a request that is repeated is answered as it was at first. */
const made = summary.extend({ lines: z.array(line) });

const sale = summary.extend({
  refundedCents: z.int(),
  lines: z.array(line.extend({ refundedQuantity: z.int() })),
});

const tags = ['sales'];

/** Sales of the seller who asks; managers and admins see all. */
export function addSaleRoutes(app: Server, db: DatabasePool): void {
  app.post(
    '/sales',
    {
      onRequest: requireAuth,
      schema: {
        ...bearer,
        tags,
        summary: 'Checkout',
        description:
          'Sells a cart at today’s prices: all of it, or nothing. 409 STOCK_INSUFFICIENT when there is not enough in ' +
          'stock, 409 CONFLICT for a product that is not sold, 422 for a key of another cart. After a 503 with ' +
          'CONNECTION_LOST, or no answer at all, send the same request with the same key again: it sells once.',
        headers: idempotencyHeaders,
        body: cart,
        response: { 201: made },
      },
    },
    async (request, reply) => {
      const idempotencyKey = request.headers['idempotency-key'];
      const sold = await checkOut({ db, seller: identityOf(request) }, { ...request.body, idempotencyKey });
      return reply.code(201).header('location', `/sales/${sold.id}`).send(sold);
    },
  );

  app.get(
    '/sales',
    {
      onRequest: requireAuth,
      schema: {
        ...bearer,
        tags,
        summary: 'Sales, newest first',
        description: 'One’s own; all of them for managers and admins.',
        querystring: pageQuery,
        response: { 200: pageOf(summary) },
      },
    },
    (request) => {
      const { limit, after } = request.query;
      return listSales({ db, seller: identityOf(request) }, { limit, after: decodeCursor(after, timeKey) });
    },
  );

  app.get(
    '/sales/:id',
    {
      onRequest: requireAuth,
      schema: { ...bearer, tags, summary: 'A sale with its lines', params: byId, response: { 200: sale } },
    },
    (request) => readSale({ db, seller: identityOf(request) }, request.params.id),
  );
}
