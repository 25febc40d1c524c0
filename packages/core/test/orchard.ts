import { openTokenVerifier } from '@atriz/core';
import { authentication, identityOf, requireAuth, requireRole } from '@atriz/core/fastify';
import { withUser, type DatabasePool } from '@atriz/database';
import Fastify, { type FastifyInstance } from 'fastify';

export interface Orchard {
  readonly own: DatabasePool;
  readonly shared: DatabasePool;
  readonly website: string;
}

export async function buildServer({ own, shared, website }: Orchard): Promise<FastifyInstance> {
  const keys = `${website}/.well-known/jwks.json`;
  const verifier = await openTokenVerifier({ issuer: website, audience: 'orchard', keys, shared });
  const app = Fastify();
  app.addHook('onClose', () => verifier[Symbol.asyncDispose]());
  await app.register(authentication, { verifier });

  app.get('/trees', { onRequest: requireAuth }, async (request) => {
    const { userId, roles } = identityOf(request);
    // Row-level security: the query need not say whose trees.
    return await withUser(
      own.pool,
      userId,
      async (client) => (await client.query('SELECT name FROM trees ORDER BY name')).rows,
      { roles, readOnly: true },
    );
  });

  app.get('/harvest', { onRequest: requireRole('manager') }, async () => {
    const { rows } = await own.query('SELECT sum(kilograms) AS kilograms FROM harvests');
    return rows[0];
  });
  return app;
}
