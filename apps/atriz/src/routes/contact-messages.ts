import { identityOf, requireAuth, requireRole } from '@atriz/core/fastify';
import { AtrizError, type DatabasePool } from '@atriz/database';
import { decodeCursor, notFound, pageOf, pageQuery, text, timestamp, toPage, type Server } from '@atriz/http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { findMessage, handleMessage, leaveMessage, listMessages } from '../contact-messages.ts';
import { SIGNED_IN } from './fields.ts';

const newMessage = z.strictObject({
  name: text().max(200).trim().min(1),
  email: z.email().max(254),
  subject: text().max(200).trim().min(1),
  body: text().max(10_000).trim().min(1),
});

const message = z.object({
  id: z.uuid(),
  userId: z.uuid().nullable(),
  name: z.string(),
  email: z.string(),
  subject: z.string(),
  body: z.string(),
  createdAt: timestamp,
  handledAt: timestamp.nullable(),
  handledBy: z.uuid().nullable(),
});

const params = z.object({ id: z.uuid() });
const tags = ['contact'];

/** `/contact-messages`: written by anybody, read by who wrote them, dealt with by managers. */
export function contactMessagesRoutes(app: Server, { own }: { readonly own: DatabasePool }): void {
  app.post(
    '/contact-messages',
    {
      onRequest: welcomeToken,
      config: { rateLimit: { max: 5, timeWindow: '1 minute' } },
      schema: {
        tags,
        summary: 'Write to us, signed in or not',
        body: newMessage,
        response: { 201: z.object({ id: z.uuid() }) },
      },
    },
    async (request, reply) => {
      const id = await leaveMessage(own, { ...request.body, userId: request.identity?.userId });
      return reply.code(201).header('location', `/contact-messages/${id}`).send({ id });
    },
  );

  app.get(
    '/contact-messages',
    {
      onRequest: requireAuth,
      schema: {
        tags,
        security: SIGNED_IN,
        summary: 'What you wrote, oldest first; everything for managers and admins',
        querystring: pageQuery.extend({ waiting: z.enum(['true', 'false']).optional() }),
        response: { 200: pageOf(message) },
      },
    },
    async (request) => {
      const { limit, after, waiting } = request.query;
      const [last] = decodeCursor(after, z.tuple([z.uuid()])) ?? [];
      const wanted = waiting === undefined ? undefined : waiting === 'true';
      const rows = await listMessages(own, identityOf(request), { limit, after: last, waiting: wanted });
      return toPage(rows, limit, ({ id }) => [id]);
    },
  );

  app.get(
    '/contact-messages/:id',
    {
      onRequest: requireAuth,
      schema: { tags, security: SIGNED_IN, summary: 'A message', params, response: { 200: message } },
    },
    async (request) => {
      const found = await findMessage(own, identityOf(request), request.params.id);
      if (found === undefined) throw notFound('this message');
      return found;
    },
  );

  app.post(
    '/contact-messages/:id/handle',
    {
      onRequest: requireRole('manager', 'admin'),
      schema: {
        tags,
        security: SIGNED_IN,
        summary: 'Mark a message as dealt with',
        params,
        response: { 200: message },
      },
    },
    async (request) => {
      const identity = identityOf(request);
      const handled = await handleMessage(own, identity, request.params.id);
      if (handled !== undefined) return handled;
      if ((await findMessage(own, identity, request.params.id)) === undefined) throw notFound('this message');
      throw new AtrizError('CONFLICT', 'somebody has dealt with this message already');
    },
  );
}

/** An `onRequest` hook: who is signed in may say so, and then has to prove it. */
async function welcomeToken(request: FastifyRequest, reply: FastifyReply): Promise<void> {
  if (request.headers.authorization !== undefined) await requireAuth(request, reply);
}
