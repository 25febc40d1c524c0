import { identityOf, requireAuth } from '@atriz/core/fastify';
import type { DatabasePool } from '@atriz/database';
import { text, timestamp, type Server } from '@atriz/http';
import { z } from 'zod';
import { listRefunds, refundSale } from '../refunds.ts';
import { bearer, byId, idempotencyHeaders } from './schemas.ts';

const refundLine = z.strictObject({ lineNumber: z.int().min(1).max(1000), quantity: z.int().min(1).max(1_000_000) });

const newRefund = z.strictObject({
  lines: z
    .array(refundLine)
    .min(1)
    .max(1000)
    .refine((lines) => new Set(lines.map(({ lineNumber }) => lineNumber)).size === lines.length, 'names a line twice')
    .optional()
    .meta({ description: 'Pieces of lines of the sale; all that is left of it when absent.' }),
  reason: text().max(500).default(''),
});

const refund = z.object({
  id: z.uuid(),
  saleId: z.uuid(),
  userId: z.uuid().meta({ description: 'Who gave the money back.' }),
  reason: z.string(),
  totalCents: z.int(),
  refundedAt: timestamp,
  lines: z.array(z.object({ lineNumber: z.int(), quantity: z.int() })),
});

const tags = ['refunds'];

/** Money given back for a sale, append-only: by who sold for 24 hours, by managers and admins at any time. */
export function addRefundRoutes(app: Server, db: DatabasePool): void {
  app.post(
    '/sales/:id/refunds',
    {
      onRequest: requireAuth,
      schema: {
        ...bearer,
        tags,
        summary: 'Gives money back and puts the pieces back in stock',
        description: 'Never more than was sold. 409 CONFLICT when less is left of the sale; 403 after 24 hours.',
        params: byId,
        headers: idempotencyHeaders,
        body: newRefund,
        response: { 201: refund },
      },
    },
    async (request, reply) => {
      const { id: saleId } = request.params;
      const idempotencyKey = request.headers['idempotency-key'];
      const till = { db, seller: identityOf(request) };
      const given = await refundSale(till, { saleId, ...request.body, idempotencyKey });
      return reply.code(201).header('location', `/sales/${saleId}/refunds`).send(given);
    },
  );

  app.get(
    '/sales/:id/refunds',
    {
      onRequest: requireAuth,
      schema: {
        ...bearer,
        tags,
        summary: 'The refunds of a sale, oldest first',
        params: byId,
        response: { 200: z.object({ items: z.array(refund) }) },
      },
    },
    async (request) => ({ items: await listRefunds({ db, seller: identityOf(request) }, request.params.id) }),
  );
}
