import fastifySwagger from '@fastify/swagger';
import fastifySwaggerUi from '@fastify/swagger-ui';
import { jsonSchemaTransform, jsonSchemaTransformObject } from 'fastify-type-provider-zod';
import type { OpenAPIV3_1 } from 'openapi-types';
import { z } from 'zod';
import { PROBLEM_TYPE, problemSchema } from './problem.ts';
import type { Server } from './server.ts';

export interface OpenApiOptions {
  readonly title: string;
  readonly description: string;
}

const PROBLEM = '#/components/schemas/Problem';
const METHODS = ['get', 'put', 'post', 'delete', 'patch'] as const;

/** Gives a server its description at `/openapi.json`, and a page to read it at `/docs`. */
export async function describeRoutes(app: Server, { title, description }: OpenApiOptions): Promise<void> {
  await app.register(fastifySwagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title, description, version: '1.0.0' },
      components: { securitySchemes: { bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } } },
    },
    transform: jsonSchemaTransform,
    transformObject: (document) => withProblems(jsonSchemaTransformObject(document) as OpenAPIV3_1.Document),
  });
  await app.register(fastifySwaggerUi, { routePrefix: '/docs', transformStaticCSP: allowInlineStyles });
  app.get('/openapi.json', { schema: { hide: true } }, () => app.swagger());
}

/** The page that reads the description sets style attributes; its scripts are files as everywhere. */
function allowInlineStyles(policy: string): string {
  return policy.replace("style-src 'self'", "style-src 'self' 'unsafe-inline'");
}

/** Every route can answer with a problem; those that ask for a token say so. */
function withProblems(document: OpenAPIV3_1.Document): OpenAPIV3_1.Document {
  const { $schema: _dialect, ...problem } = z.toJSONSchema(problemSchema, { io: 'output' });
  const paths = Object.entries(document.paths ?? {}).map(([path, item]) => {
    const operations = METHODS.flatMap((method) => {
      const operation = item?.[method];
      return operation === undefined ? [] : [[method, complete(operation)] as const];
    });
    return [path, { ...item, ...Object.fromEntries(operations) }] as const;
  });
  return {
    ...document,
    paths: Object.fromEntries(paths),
    components: {
      ...document.components,
      schemas: { ...document.components?.schemas, Problem: problem as OpenAPIV3_1.SchemaObject },
    },
  };
}

function complete(operation: OpenAPIV3_1.OperationObject): OpenAPIV3_1.OperationObject {
  return {
    ...operation,
    responses: {
      ...(operation.security?.length && { 401: answer('no good access token') }),
      ...operation.responses,
      default: answer('what went wrong'),
    },
  };
}

function answer(description: string): OpenAPIV3_1.ResponseObject {
  return { description, content: { [PROBLEM_TYPE]: { schema: { $ref: PROBLEM } } } };
}
