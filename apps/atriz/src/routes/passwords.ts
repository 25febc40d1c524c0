import type { Auth } from '@atriz/core';
import { identityOf, requireAuth } from '@atriz/core/fastify';
import type { Server } from '@atriz/http';
import { z } from 'zod';
import { accessToken, email, opaqueToken, password, SIGNED_IN } from './fields.ts';

const tags = ['account'];
const few = { rateLimit: { max: 20, timeWindow: '1 minute' } };

/** Forgotten passwords, and changed ones. */
export function passwordRoutes(app: Server, { auth }: { readonly auth: Auth }): void {
  app.post(
    '/auth/password-reset',
    {
      config: few,
      schema: {
        tags,
        summary: 'Mail a link to choose a new password; answers alike whether the address is known or not',
        body: z.strictObject({ email }),
        response: { 202: z.null() },
      },
    },
    async ({ body, ip }, reply) => {
      await auth.requestPasswordReset({ ...body, address: ip });
      return reply.code(202).send(null);
    },
  );

  app.post(
    '/auth/password-reset/complete',
    {
      config: few,
      schema: {
        tags,
        summary: 'Choose a new password with the token that was mailed; ends all sessions',
        body: z.strictObject({ token: opaqueToken, password }),
        response: { 204: z.null() },
      },
    },
    async ({ body }, reply) => {
      await auth.completePasswordReset(body);
      return reply.code(204).send(null);
    },
  );

  app.post(
    '/auth/password',
    {
      onRequest: requireAuth,
      config: few,
      schema: {
        tags,
        security: SIGNED_IN,
        summary: 'Change your password; ends all of your other sessions, and gives this one another access token',
        body: z.strictObject({ currentPassword: password, newPassword: password }),
        response: { 200: accessToken },
      },
    },
    (request) => {
      const { userId, sessionId } = identityOf(request);
      return auth.changePassword({ userId, sessionId, address: request.ip, ...request.body });
    },
  );
}
