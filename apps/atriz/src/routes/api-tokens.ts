import type { Auth } from '@atriz/core';
import { identityOf, requireAuth } from '@atriz/core/fastify';
import { pageOf, text, timestamp, type Server } from '@atriz/http';
import { z } from 'zod';
import { AUDIENCES } from '../audiences.ts';
import { accessToken, opaqueToken, SIGNED_IN } from './fields.ts';

const tags = ['api tokens'];

const apiToken = z.object({
  id: z.uuid(),
  name: z.string(),
  audiences: z.array(z.string()).readonly().nullable().describe('the applications it is good for; null for all'),
  createdAt: timestamp,
  expiresAt: timestamp,
  lastUsedAt: timestamp.nullable(),
});

const newApiToken = z.strictObject({
  name: text().max(100).trim().min(1),
  audiences: z.array(z.enum(AUDIENCES)).min(1).max(AUDIENCES.length).optional(),
  expiresAt: timestamp.optional().describe('at most a year from now, which is the default'),
});

/** `/auth/api-tokens`: what programs sign in with instead of a password. */
export function apiTokenRoutes(app: Server, { auth }: { readonly auth: Auth }): void {
  app.get(
    '/auth/api-tokens',
    {
      onRequest: requireAuth,
      schema: { tags, security: SIGNED_IN, summary: 'Your API tokens', response: { 200: pageOf(apiToken) } },
    },
    async (request) => ({
      // All in one page: nobody has more than 50.
      items: [...(await auth.listApiTokens({ userId: identityOf(request).userId }))],
      next: null,
    }),
  );

  app.post(
    '/auth/api-tokens',
    {
      onRequest: requireAuth,
      schema: {
        tags,
        security: SIGNED_IN,
        summary: 'Make an API token; it is shown this once',
        body: newApiToken,
        response: { 201: apiToken.extend({ token: z.string() }) },
      },
    },
    async (request, reply) => {
      const made = await auth.createApiToken({ userId: identityOf(request).userId, ...request.body });
      return reply.code(201).header('location', `/auth/api-tokens/${made.id}`).send(made);
    },
  );

  app.delete(
    '/auth/api-tokens/:id',
    {
      onRequest: requireAuth,
      schema: {
        tags,
        security: SIGNED_IN,
        summary: 'Revoke an API token',
        params: z.object({ id: z.uuid() }),
        response: { 204: z.null() },
      },
    },
    async (request, reply) => {
      await auth.revokeApiToken({ userId: identityOf(request).userId, id: request.params.id });
      return reply.code(204).send(null);
    },
  );

  app.post(
    '/auth/api-tokens/exchange',
    {
      schema: {
        tags,
        summary: 'An access token for an API token',
        body: z.strictObject({ token: opaqueToken }),
        response: { 200: accessToken },
      },
    },
    ({ body }) => auth.exchangeApiToken(body),
  );
}
