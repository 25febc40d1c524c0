import '@fastify/cookie';
import type { Auth } from '@atriz/core';
import { AtrizError } from '@atriz/database';
import type { Server } from '@atriz/http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { requireOrigin } from './browser-origin.ts';
import { accessToken, email, password } from './fields.ts';

export interface BrowserSessionOptions {
  readonly auth: Auth;
  /** Whose pages may use the session. */
  readonly origins: readonly string[];
  /** The cookie then is for this host alone, and goes by TLS only. */
  readonly secure: boolean;
}

const tags = ['browser session'];
/** What says that a session is over, and not that the request is at fault. */
const OVER: ReadonlySet<string> = new Set(['ACCOUNT_INACTIVE', 'TOKEN_EXPIRED', 'TOKEN_INVALID', 'TOKEN_REVOKED']);

/**
 * `/auth/session`: the session of a browser, whose token is in a cookie that no script can read. The pages of all
 * applications get their access tokens by it: that is why one sign-in does for all of them.
 */
export function browserSessionRoutes(app: Server, { auth, origins, secure }: BrowserSessionOptions): void {
  const name = secure ? '__Host-atriz_session' : 'atriz_session';
  const cookie = { path: '/', httpOnly: true, sameSite: 'lax', secure } as const;
  const onRequest = requireOrigin(origins);
  const tokenOf = ({ cookies }: FastifyRequest): string | undefined => cookies[name]?.slice(0, 200);

  app.post(
    '/auth/session',
    {
      onRequest,
      config: { rateLimit: { max: 300, timeWindow: '1 minute' } },
      schema: {
        tags,
        summary: 'Sign in, in this browser',
        body: z.strictObject({ email, password }),
        response: { 200: accessToken },
      },
    },
    async (request, reply) => {
      const started = await auth.startSession({ ...request.body, address: request.ip });
      // Whoever was signed in here before is no longer: one browser, one session.
      const before = tokenOf(request);
      if (before) await auth.endSession({ sessionToken: before });
      void reply.setCookie(name, started.sessionToken, { ...cookie, expires: started.expiresAt });
      return started;
    },
  );

  app.post(
    '/auth/session/token',
    {
      onRequest,
      schema: {
        tags,
        summary: 'An access token for who is signed in in this browser; 204 where nobody is',
        response: { 200: accessToken, 204: z.null() },
      },
    },
    async (request, reply: FastifyReply) => {
      const sessionToken = tokenOf(request);
      if (!sessionToken) return reply.code(204).send(null);
      try {
        const opened = await auth.openSession({ sessionToken });
        void reply.setCookie(name, sessionToken, { ...cookie, expires: opened.expiresAt });
        return opened;
      } catch (error) {
        if (!(error instanceof AtrizError) || !OVER.has(error.code)) throw error;
        return reply.clearCookie(name, cookie).code(204).send(null);
      }
    },
  );

  app.delete(
    '/auth/session',
    { onRequest, schema: { tags, summary: 'Sign out, in this browser', response: { 204: z.null() } } },
    async (request, reply) => {
      const sessionToken = tokenOf(request);
      if (sessionToken) await auth.endSession({ sessionToken });
      return reply.clearCookie(name, cookie).code(204).send(null);
    },
  );
}
