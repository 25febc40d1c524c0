import type { Auth } from '@atriz/core';
import { text, type Server } from '@atriz/http';
import { z } from 'zod';
import { email, opaqueToken, password } from './fields.ts';

const tags = ['account'];
const few = { rateLimit: { max: 20, timeWindow: '1 minute' } };

/** `/auth/register`, and the proof of an address. */
export function registrationRoutes(app: Server, { auth }: { readonly auth: Auth }): void {
  app.post(
    '/auth/register',
    {
      config: { rateLimit: { max: 60, timeWindow: '1 minute' } },
      schema: {
        tags,
        summary: 'Register; a mail asks to confirm the address',
        body: z.strictObject({ email, password, name: text().max(200).trim().min(1) }),
        response: { 201: z.object({ id: z.uuid() }) },
      },
    },
    async ({ body, ip }, reply) => {
      const { userId } = await auth.register({ ...body, address: ip });
      return reply.code(201).header('location', '/auth/me').send({ id: userId });
    },
  );

  app.post(
    '/auth/verify-email/request',
    {
      config: few,
      schema: {
        tags,
        summary: 'Mail the link that confirms an address again; answers alike whether the address is known or not',
        body: z.strictObject({ email }),
        response: { 202: z.null() },
      },
    },
    async ({ body, ip }, reply) => {
      await auth.requestEmailVerification({ ...body, address: ip });
      return reply.code(202).send(null);
    },
  );

  app.post(
    '/auth/verify-email',
    {
      schema: {
        tags,
        summary: 'Confirm an address with the token that was mailed to it',
        body: z.strictObject({ token: opaqueToken }),
        response: { 204: z.null() },
      },
    },
    async ({ body }, reply) => {
      await auth.verifyEmail(body);
      return reply.code(204).send(null);
    },
  );
}
