import { AtrizError } from '@atriz/database';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import fastifyPlugin from 'fastify-plugin';
import type { RoleName } from '../roles.ts';
import type { Identity, TokenVerifier } from '../tokens/verifier.ts';

declare module 'fastify' {
  interface FastifyInstance {
    /** What {@link requireAuth} checks tokens with. */
    tokenVerifier: TokenVerifier;
  }
  interface FastifyRequest {
    /** Who asks; null on routes that do not require it. Read it by {@link identityOf}. */
    identity: Identity | null;
  }
}

export interface AuthenticationOptions {
  readonly verifier: TokenVerifier;
}

/**
 * Gives a server what {@link requireAuth} and {@link requireRole} need.
 *
 * @example
 * await app.register(authentication, { verifier });
 * app.get('/vehicles', { onRequest: requireAuth }, (request) => listVehicles(identityOf(request).userId));
 */
export const authentication = fastifyPlugin(
  async (app: FastifyInstance, { verifier }: AuthenticationOptions): Promise<void> => {
    app.decorate('tokenVerifier', verifier);
    app.decorateRequest('identity', null);
  },
  { name: '@atriz/core/fastify' },
);

/**
 * An `onRequest` hook: lets a request through that has a good bearer token. Else 401: `TOKEN_MISSING`, `TOKEN_INVALID`,
 * `TOKEN_EXPIRED`, `TOKEN_REVOKED`; or 503 `SERVICE_UNAVAILABLE` while the public keys have never been read. The reply
 * has status and headers already when the error is thrown, so that any error handler answers rightly.
 */
export async function requireAuth(request: FastifyRequest, reply: FastifyReply): Promise<void> {
  try {
    request.identity = await request.server.tokenVerifier.verify(bearerOf(request));
  } catch (error) {
    if (error instanceof AtrizError) prepareReply(reply, error);
    throw error;
  }
}

function prepareReply(reply: FastifyReply, error: AtrizError): void {
  if (error.code.startsWith('TOKEN_')) void reply.code(401).header('www-authenticate', challengeOf(error));
  if (error.code !== 'SERVICE_UNAVAILABLE') return;
  void reply.code(503);
  if (error.retryAfterSeconds !== undefined) void reply.header('retry-after', Math.ceil(error.retryAfterSeconds));
}

/** An `onRequest` hook: as {@link requireAuth}, and 403 `ROLE_MISSING` for who holds none of the roles. */
export function requireRole(...roles: readonly [RoleName, ...RoleName[]]) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    await requireAuth(request, reply);
    const held = identityOf(request).roles;
    if (roles.some((role) => held.includes(role))) return;
    void reply.code(403);
    throw new AtrizError('ROLE_MISSING', `this takes the role ${roles.join(' or ')}`);
  };
}

/** Who asks, on a route behind {@link requireAuth}. */
export function identityOf(request: FastifyRequest): Identity {
  if (request.identity === null) throw new TypeError(`${request.routeOptions.url} does not require authentication`);
  return request.identity;
}

function bearerOf({ headers: { authorization = '' } }: FastifyRequest): string {
  const [, token] = /^bearer +(\S+)$/i.exec(authorization) ?? [];
  if (token !== undefined) return token;
  throw new AtrizError('TOKEN_MISSING', 'the request has no bearer token', {
    hint: 'send it as: Authorization: Bearer TOKEN',
  });
}

/** RFC 6750, section 3: a request without a token is told no error. */
function challengeOf({ code, message }: AtrizError): string {
  if (code === 'TOKEN_MISSING') return 'Bearer';
  return `Bearer error="invalid_token", error_description="${message.replaceAll(/["\\]/g, '')}"`;
}
