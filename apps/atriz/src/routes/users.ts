import { listUsers, ROLE_NAMES, type Auth } from '@atriz/core';
import { identityOf, requireRole } from '@atriz/core/fastify';
import type { DatabasePool } from '@atriz/database';
import { decodeCursor, pageOf, pageQuery, text, timestamp, toPage, type Server } from '@atriz/http';
import { z } from 'zod';
import { SIGNED_IN, userParams } from './fields.ts';

const user = z.object({
  id: z.uuid(),
  email: z.string(),
  name: z.string(),
  emailVerified: z.boolean(),
  isActive: z.boolean(),
  roles: z.array(z.string()).readonly(),
  createdAt: timestamp,
});

const roleParams = userParams.extend({ role: z.enum(ROLE_NAMES) });
const onRequest = requireRole('admin');

/** `/users`: what an admin may do to accounts. */
export function usersRoutes(
  app: Server,
  { auth, shared }: { readonly auth: Auth; readonly shared: DatabasePool },
): void {
  const base = { tags: ['users'], security: SIGNED_IN };
  const done = { ...base, response: { 204: z.null() } };

  app.get(
    '/users',
    {
      onRequest,
      schema: { ...base, summary: 'All users, by address', querystring: pageQuery, response: { 200: pageOf(user) } },
    },
    async ({ query: { limit, after } }) => {
      const [last] = decodeCursor(after, z.tuple([text().max(254)])) ?? [];
      return toPage(await listUsers(shared, { limit, after: last }), limit, ({ place }) => [place]);
    },
  );

  app.post(
    '/users/:id/roles/:role',
    { onRequest, schema: { ...done, summary: 'Grant a role', params: roleParams } },
    async (request, reply) => {
      const { id, role } = request.params;
      await auth.grantRole({ userId: id, role, actorId: identityOf(request).userId });
      return reply.code(204).send(null);
    },
  );

  app.delete(
    '/users/:id/roles/:role',
    { onRequest, schema: { ...done, summary: 'Take a role away', params: roleParams } },
    async (request, reply) => {
      const { id, role } = request.params;
      await auth.revokeRole({ userId: id, role, actorId: identityOf(request).userId });
      return reply.code(204).send(null);
    },
  );

  app.post(
    '/users/:id/deactivate',
    { onRequest, schema: { ...done, summary: 'Refuse a user from now on', params: userParams } },
    async (request, reply) => {
      await auth.deactivate({ userId: request.params.id, actorId: identityOf(request).userId });
      return reply.code(204).send(null);
    },
  );

  app.post(
    '/users/:id/activate',
    { onRequest, schema: { ...done, summary: 'Let a user in again', params: userParams } },
    async (request, reply) => {
      await auth.activate({ userId: request.params.id, actorId: identityOf(request).userId });
      return reply.code(204).send(null);
    },
  );

  app.delete(
    '/users/:id',
    {
      onRequest,
      schema: {
        ...base,
        summary: 'Delete a user; what hangs on him in all applications follows',
        params: userParams,
        response: { 202: z.null() },
      },
    },
    async (request, reply) => {
      await auth.delete({ userId: request.params.id, actorId: identityOf(request).userId });
      return reply.code(202).send(null);
    },
  );
}
