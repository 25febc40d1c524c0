import type { Auth } from '@atriz/core';
import { identityOf, requireAuth } from '@atriz/core/fastify';
import type { Server } from '@atriz/http';
import { z } from 'zod';
import { accessToken, email, opaqueToken, password, SIGNED_IN } from './fields.ts';

const tags = ['sign-on'];
const tokenPair = accessToken.extend({ refreshToken: z.string().describe('good once: each use gives another') });
const refreshBody = z.strictObject({ refreshToken: opaqueToken });

/** Signing in and out for programs, which keep their refresh token themselves. */
export function signInRoutes(app: Server, { auth }: { readonly auth: Auth }): void {
  app.post(
    '/auth/sign-in',
    {
      config: { rateLimit: { max: 300, timeWindow: '1 minute' } },
      schema: {
        tags,
        summary: 'Sign in',
        body: z.strictObject({ email, password }),
        response: { 200: tokenPair },
      },
    },
    ({ body, ip }) => auth.signIn({ ...body, address: ip }),
  );

  app.post(
    '/auth/refresh',
    {
      schema: {
        tags,
        summary: 'A new access token, and a new refresh token in place of the one used',
        body: refreshBody,
        response: { 200: tokenPair },
      },
    },
    ({ body }) => auth.refresh(body),
  );

  app.post(
    '/auth/sign-out',
    {
      schema: {
        tags,
        security: [{}, ...SIGNED_IN],
        summary: 'End the session of the refresh token, or else of the bearer token',
        body: refreshBody.nullish(),
        response: { 204: z.null() },
      },
    },
    async (request, reply) => {
      if (request.body) {
        await auth.signOut(request.body);
      } else {
        await requireAuth(request, reply);
        const { userId, sessionId } = identityOf(request);
        await auth.signOut({ userId, sessionId });
      }
      return reply.code(204).send(null);
    },
  );

  app.post(
    '/auth/sign-out-everywhere',
    {
      onRequest: requireAuth,
      schema: { tags, security: SIGNED_IN, summary: 'End all of your sessions', response: { 204: z.null() } },
    },
    async (request, reply) => {
      await auth.signOutEverywhere({ userId: identityOf(request).userId });
      return reply.code(204).send(null);
    },
  );
}
