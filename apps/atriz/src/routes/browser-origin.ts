import { AtrizError } from '@atriz/database';
import type { FastifyRequest } from 'fastify';

/**
 * An `onRequest` hook for routes that a cookie opens: only the pages of these origins may call them, so that no other
 * website can act for who is signed in. Throws `ORIGIN_REFUSED`, for a request that names no origin too: a browser
 * always sends one with a POST or DELETE.
 */
export function requireOrigin(origins: readonly string[]) {
  return async ({ headers: { origin } }: FastifyRequest): Promise<void> => {
    if (origin !== undefined && origins.includes(origin)) return;
    throw new AtrizError('ORIGIN_REFUSED', 'only the pages of this family may use the session of a browser', {
      hint: 'programs sign in at /auth/sign-in; the origins of pages are set by CORS_ORIGINS',
    });
  };
}
