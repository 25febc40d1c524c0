import { findUserById, readRolesOfUser, type Auth } from '@atriz/core';
import { identityOf, requireAuth } from '@atriz/core/fastify';
import type { DatabasePool } from '@atriz/database';
import { notFound, timestamp, type Server } from '@atriz/http';
import { z } from 'zod';
import { password, SIGNED_IN } from './fields.ts';

const tags = ['account'];

const account = z.object({
  id: z.uuid(),
  email: z.string(),
  name: z.string(),
  emailVerified: z.boolean(),
  roles: z.array(z.string()),
  createdAt: timestamp,
});

/** `/auth/me`: the signed-in user as the sign-on knows him. */
export function accountRoutes(
  app: Server,
  { auth, shared }: { readonly auth: Auth; readonly shared: DatabasePool },
): void {
  app.get(
    '/auth/me',
    {
      onRequest: requireAuth,
      schema: { tags, security: SIGNED_IN, summary: 'Who you are', response: { 200: account } },
    },
    async (request) => {
      const { userId } = identityOf(request);
      const [user, roles] = await Promise.all([findUserById(shared, userId), readRolesOfUser(shared, userId)]);
      if (user === undefined) throw notFound('this user');
      return { ...user, roles };
    },
  );

  app.delete(
    '/auth/me',
    {
      onRequest: requireAuth,
      config: { rateLimit: { max: 20, timeWindow: '1 minute' } },
      schema: {
        tags,
        security: SIGNED_IN,
        summary: 'Delete your account; what hangs on it in all applications follows',
        body: z.strictObject({ password }),
        response: { 202: z.null() },
      },
    },
    async (request, reply) => {
      const { userId } = identityOf(request);
      await auth.checkPassword({ userId, password: request.body.password, address: request.ip });
      await auth.delete({ userId, actorId: userId });
      return reply.code(202).send(null);
    },
  );
}
