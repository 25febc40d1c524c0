import { text } from '@atriz/http';
import { z } from 'zod';

/** For the description of a route that needs a token. */
export const bearer = { security: [{ bearer: [] }] };

/** As PostgreSQL writes it: the same request is the same however its ids are written. */
export const productId = z.uuid().toLowerCase();

export const byId = z.object({ id: z.uuid() });

/** Where a page of a list by name begins. */
export const nameKey = z.tuple([text(), z.uuid()]);

/** Where a page of a list by time begins. */
export const timeKey = z.tuple([z.iso.datetime(), z.uuid()]);

export const paymentMethod = z.enum(['cash', 'card', 'transfer']);

/** A product twice in a list of which each moves one. */
export function namesProductsOnce(lines: readonly { readonly productId: string }[]): boolean {
  return new Set(lines.map(({ productId }) => productId)).size === lines.length;
}

/**
 * Lets a client say that a request is the same as one before. The rest of the headers are none of the route's business.
 */
export const idempotencyHeaders = z.looseObject({
  'idempotency-key': z
    .string()
    .regex(/^[\x21-\x7e]{1,255}$/)
    .optional()
    .meta({
      description:
        'Chosen by the client, new for each new request, such as a UUID: the same request with the same key is carried ' +
        'out once and answered alike. Send one whenever an answer may get lost.',
      examples: ['7d9f3c1e-6c1f-4b7b-9a53-0f3b6c1d2e4a'],
    }),
});
