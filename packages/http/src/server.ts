import { randomUUID } from 'node:crypto';
import type { Server as HttpServer, IncomingMessage, ServerResponse } from 'node:http';
import { AtrizError, type ServedDatabase } from '@atriz/database';
import fastifyCors from '@fastify/cors';
import fastifyHelmet from '@fastify/helmet';
import fastifyRateLimit from '@fastify/rate-limit';
import Fastify, { type FastifyBaseLogger, type FastifyInstance, type FastifyRequest } from 'fastify';
import { serializerCompiler, validatorCompiler, type ZodTypeProvider } from 'fastify-type-provider-zod';
import { answerError, answerUnknownRoute } from './answers.ts';
import { closeInOrder } from './closing.ts';
import type { ProbeOptions } from './database-probe.ts';
import { addHealthRoutes } from './health.ts';
import { takeJsonBodies } from './json-body.ts';
import { noteMethods } from './methods.ts';
import { describeRoutes } from './openapi.ts';
import { answerNoHttp } from './raw-answers.ts';

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
  readonly health?: ProbeOptions;
  /** The origins whose pages may call this service from a browser, with credentials. Default: none but its own. */
  readonly corsOrigins?: readonly string[];
  /** Where a page of this service may connect to beside itself. Default: nowhere. */
  readonly connectOrigins?: readonly string[];
  /** Where a page of this service may load images from beside itself, such as a map's tiles. Default: nowhere. */
  readonly imageOrigins?: readonly string[];
  /** Requests a minute of one address, where a route has no limit of its own. Default 1,000; false for none at all. */
  readonly requestsPerMinute?: number | false;
  /** Bytes of a body, where a route has no limit of its own. Default 65,536. */
  readonly maxBodyBytes?: number;
  /** Whose word on the client's address counts: Fastify's `trustProxy`. Default: nobody's. */
  readonly trustProxy?: boolean | string;
}

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'];
const REQUEST_ID = /^[\w.-]{8,64}$/;
/** From the first byte to the last of a request's headers and body. */
const ARRIVAL_MS = 60_000;

/**
 * Makes the server that every service of the family is: security headers, CORS, rate limits, zod at the edge, errors as
 * problem+json, health, its description at `/openapi.json` and a page to read it at `/docs`. Routes are registered on
 * what it returns; nothing listens yet. A route has its own `bodyLimit`, and its own rate limit by address in
 * `config: { rateLimit: { max, timeWindow } }`.
 */
export async function createServer({
  title,
  description,
  logger = false,
  databases = [],
  health = {},
  corsOrigins = [],
  connectOrigins = [],
  imageOrigins = [],
  requestsPerMinute = 1000,
  maxBodyBytes = 65_536,
  trustProxy = false,
}: ServerOptions): Promise<Server> {
  const app = Fastify({
    ...(logger === false ? { logger } : { loggerInstance: logger }),
    trustProxy,
    bodyLimit: maxBodyBytes,
    requestTimeout: ARRIVAL_MS,
    genReqId: requestIdOf,
    return503OnClosing: false,
    frameworkErrors: answerError,
    clientErrorHandler: answerNoHttp,
  }).withTypeProvider<ZodTypeProvider>();
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  app.setErrorHandler(answerError);
  const answerUnknown = answerUnknownRoute(noteMethods(app));
  app.setNotFoundHandler(answerUnknown);
  takeJsonBodies(app);
  app.addHook('onRequest', async (request, reply) => {
    void reply.header('x-request-id', request.id);
    if (isQuestionForMethods(request)) answerUnknown(request, reply);
  });
  closeInOrder(app);
  await app.register(fastifyHelmet, { contentSecurityPolicy: policyOf({ connectOrigins, imageOrigins }) });
  await app.register(fastifyCors, {
    origin: [...corsOrigins],
    credentials: true,
    methods: METHODS,
    strictPreflight: false,
    exposedHeaders: ['location', 'retry-after', 'x-request-id'],
    maxAge: 600,
  });
  if (requestsPerMinute !== false) {
    await app.register(fastifyRateLimit, { max: requestsPerMinute, errorResponseBuilder: tooMany });
  }
  await describeRoutes(app, { title, description });
  addHealthRoutes(app, { databases, ...health });
  return app;
}

/** OPTIONS of a client that is no page's preflight. */
function isQuestionForMethods({ method, headers }: FastifyRequest): boolean {
  return method === 'OPTIONS' && headers['access-control-request-method'] === undefined;
}

/** The caller's own id, where it is a plain one, so that a request is found in the logs of several services. */
function requestIdOf({ headers: { 'x-request-id': given } }: Pick<IncomingMessage, 'headers'>): string {
  return typeof given === 'string' && REQUEST_ID.test(given) ? given : randomUUID();
}

function tooMany(_request: unknown, { ttl }: { readonly ttl: number }): AtrizError {
  return new AtrizError('RATE_LIMITED', 'too many requests from this address', { retryAfterSeconds: ttl / 1000 });
}

function policyOf({
  connectOrigins,
  imageOrigins,
}: Required<Pick<ServerOptions, 'connectOrigins' | 'imageOrigins'>>): object {
  const own = "'self'";
  const directives = {
    defaultSrc: [own],
    scriptSrc: [own],
    scriptSrcAttr: ["'none'"],
    styleSrc: [own],
    imgSrc: [own, 'data:', ...imageOrigins],
    connectSrc: [own, ...connectOrigins],
    fontSrc: [own],
    objectSrc: ["'none'"],
    baseUri: ["'none'"],
    formAction: [own],
    frameAncestors: ["'none'"],
  };
  return { useDefaults: false, directives };
}
