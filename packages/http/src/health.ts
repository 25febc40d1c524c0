import { checkHealth, type ServedDatabase } from '@atriz/database';
import { z } from 'zod';
import type { Server } from './server.ts';

const poolFigures = z.object({ total: z.int(), idle: z.int(), waiting: z.int() });

const databaseHealth = z.object({
  name: z.string(),
  provider: z.enum(['postgresql', 'embedded']),
  connected: z.boolean(),
  /** Null where it is not connected. */
  latencyMs: z.number().nullable(),
  migrations: z.enum(['up-to-date', 'pending', 'drifted']).nullable(),
  pool: poolFigures,
});

const readiness = z.object({ status: z.enum(['ready', 'degraded', 'unready']), databases: z.array(databaseHealth) });

/** Adds `GET /health`, which asks nothing but this process, and `GET /health/database`. */
export function addHealthRoutes(app: Server, databases: readonly ServedDatabase[]): void {
  const tags = ['health'];
  app.get(
    '/health',
    {
      schema: {
        tags,
        summary: 'Whether the service is alive',
        response: { 200: z.object({ status: z.literal('alive') }) },
      },
    },
    async () => ({ status: 'alive' as const }),
  );
  app.get(
    '/health/database',
    { schema: { tags, summary: 'Whether its databases are ready', response: { 200: readiness, 503: readiness } } },
    async (_request, reply) => {
      const found = await Promise.all(databases.map(readDatabaseHealth));
      const unready = found.some(({ connected }, index) => !connected && !databases[index]!.optional);
      const status = unready ? 'unready' : found.every(({ connected }) => connected) ? 'ready' : 'degraded';
      return reply.code(unready ? 503 : 200).send({ status, databases: found });
    },
  );
}

async function readDatabaseHealth({ definition, db, provider = 'postgresql' }: ServedDatabase) {
  const health = await checkHealth(db.pool, { timeoutMs: 2000 });
  return {
    name: definition.name,
    provider,
    connected: health.connected,
    latencyMs: health.connected ? Math.round(health.latencyMs * 100) / 100 : null,
    migrations: null,
    pool: health.pool,
  };
}
