import fastifyCors from '@fastify/cors';
import fastifyHelmet from '@fastify/helmet';
import fastifyRateLimit from '@fastify/rate-limit';
import fastifySwagger from '@fastify/swagger';
import fastifySwaggerUi from '@fastify/swagger-ui';
import type { ServedDatabase } from '@atriz/database';
import Fastify, { type FastifyBaseLogger, type FastifyInstance } from 'fastify';
import {
  jsonSchemaTransform,
  serializerCompiler,
  validatorCompiler,
  type ZodTypeProvider,
} from 'fastify-type-provider-zod';
import type { Server as HttpServer, IncomingMessage, ServerResponse } from 'node:http';
import { answerError, answerUnknownRoute } from './answers.ts';
import { closeInOrder } from './closing.ts';
import { addHealthRoutes } from './health.ts';

/** A Fastify whose routes' zod schemas give the types of their requests and answers. */
export type Server = FastifyInstance<HttpServer, IncomingMessage, ServerResponse, FastifyBaseLogger, ZodTypeProvider>;

export interface ServerOptions {
  /** The service's name in its OpenAPI document. */
  readonly title: string;
  readonly description: string;
  /** Default: none, as in tests. */
  readonly logger?: FastifyBaseLogger | false;
  /** What `GET /health/database` tells of. Default: nothing. */
  readonly databases?: readonly ServedDatabase[];
  /** The origins whose pages may call this service from a browser. Default: none but its own. */
  readonly corsOrigins?: readonly string[];
  /** Where a page of this service may connect to beside itself. Default: nowhere. */
  readonly connectOrigins?: readonly string[];
  /** Requests a minute of one address, where a route has no limit of its own. Default 1,000; false for none. */
  readonly requestsPerMinute?: number | false;
  /** Bytes of a body, where a route has no limit of its own. Default 65,536. */
  readonly maxBodyBytes?: number;
  /** Whose word on the client's address counts: Fastify's `trustProxy`. Default: nobody's. */
  readonly trustProxy?: boolean | string;
}

/**
 * Makes the server that every service of the family is: security headers, CORS, rate limits, zod at the edge, errors as
 * problem+json, its description at `/openapi.json` and a page to read it at `/docs`. Routes are registered on what it
 * returns; nothing listens yet.
 */
export async function createServer({
  title,
  description,
  logger = false,
  databases = [],
  corsOrigins = [],
  connectOrigins = [],
  requestsPerMinute = 1000,
  maxBodyBytes = 65_536,
  trustProxy = false,
}: ServerOptions): Promise<Server> {
  const app = Fastify({
    ...(logger === false ? { logger } : { loggerInstance: logger }),
    trustProxy,
    bodyLimit: maxBodyBytes,
    return503OnClosing: false,
  }).withTypeProvider<ZodTypeProvider>();
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  app.setErrorHandler(answerError);
  app.setNotFoundHandler(answerUnknownRoute);
  closeInOrder(app);
  await app.register(fastifyHelmet, {
    contentSecurityPolicy: { directives: { connectSrc: ["'self'", ...connectOrigins], upgradeInsecureRequests: null } },
  });
  await app.register(fastifyCors, { origin: [...corsOrigins], credentials: true });
  if (requestsPerMinute !== false) await app.register(fastifyRateLimit, { max: requestsPerMinute });
  await app.register(fastifySwagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title, description, version: '1.0.0' },
      components: { securitySchemes: { bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } } },
    },
    transform: jsonSchemaTransform,
  });
  await app.register(fastifySwaggerUi, { routePrefix: '/docs' });
  app.get('/openapi.json', { schema: { hide: true } }, () => app.swagger());
  addHealthRoutes(app, databases);
  return app;
}
