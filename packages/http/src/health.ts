import type { ServedDatabase } from '@atriz/database';
import { z } from 'zod';
import { createDatabaseProbe, type DatabaseHealth, type ProbeOptions } from './database-probe.ts';
import type { Server } from './server.ts';

const alive = z.object({ status: z.literal('alive') });

const databaseHealth = z.object({
  name: z.string(),
  provider: z.enum(['postgresql', 'embedded']),
  connected: z.boolean(),
  latencyMs: z.number().nullable().describe('null where it is not connected'),
  migrations: z.enum(['up-to-date', 'pending', 'drifted']).nullable().describe('null where it could not be asked'),
  pool: z.object({ total: z.int(), idle: z.int(), waiting: z.int() }),
});

const readiness = z.object({ status: z.enum(['ready', 'degraded', 'unready']), databases: z.array(databaseHealth) });

export interface HealthOptions extends ProbeOptions {
  readonly databases: readonly ServedDatabase[];
}

/**
 * Adds `GET /health`, which asks nothing but this process, and `GET /health/database`: 503 while a database that the
 * service cannot do without is away, lacks migrations or has other ones; `degraded` while an optional one does.
 */
export function addHealthRoutes(app: Server, { databases, ...options }: HealthOptions): void {
  const probes = databases.map((database) => ({ ...createDatabaseProbe(database, options), database }));
  const common = { logLevel: 'warn', config: { rateLimit: false } } as const;
  app.get(
    '/health',
    { ...common, schema: { tags: ['health'], summary: 'Whether the service is alive', response: { 200: alive } } },
    async () => ({ status: 'alive' as const }),
  );
  app.get(
    '/health/database',
    {
      ...common,
      schema: {
        tags: ['health'],
        summary: 'Whether its databases are ready',
        response: { 200: readiness, 503: readiness },
      },
    },
    async (_request, reply) => {
      const found = await Promise.all(
        probes.map(async ({ read, database: { optional = false } }) => ({ health: await read(), optional })),
      );
      const status = judge(found);
      const answer = { status, databases: found.map(({ health }) => health) };
      return reply.code(status === 'unready' ? 503 : 200).send(answer);
    },
  );
}

function judge(
  databases: readonly { readonly health: DatabaseHealth; readonly optional: boolean }[],
): 'ready' | 'degraded' | 'unready' {
  const missing = databases.filter(({ health }) => !health.connected || health.migrations !== 'up-to-date');
  if (missing.length === 0) return 'ready';
  return missing.every(({ optional }) => optional) ? 'degraded' : 'unready';
}
