import { AtrizError } from '@atriz/database';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod';
import { fromDatabaseError } from './database-error.ts';
import type { ReadMethods } from './methods.ts';
import { PROBLEM_TYPE, type Problem } from './problem.ts';
import { statusOf } from './status.ts';

/** A batch of thousands can have as many faults. */
const TOLD_FAULTS = 20;

/** Every error of every route, as problem+json. What is this side's fault is logged and not told. */
export function answerError(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  const known = toAtrizError(error);
  const status = statusOf(known.code);
  if (status === 500) request.log.error({ err: error }, 'a request failed');
  else if (known.cause !== undefined) request.log.warn({ err: known }, 'a request was refused');
  if (known.retryAfterSeconds !== undefined) void reply.header('retry-after', Math.ceil(known.retryAfterSeconds));
  const detail = status === 500 ? 'something went wrong on this side' : known.message;
  const code = status === 500 ? 'INTERNAL' : known.code;
  const errors = hasZodFastifySchemaValidationErrors(error)
    ? error.validation
        .slice(0, TOLD_FAULTS)
        .map(({ instancePath, message }) => ({ path: instancePath, message: message ?? 'invalid' }))
    : undefined;
  send(reply, request, { status, code, detail, errors });
}

/** Answers what no route takes: 405 where another method of the path is, and to OPTIONS which ones are. */
export function answerUnknownRoute(readMethods: ReadMethods) {
  return (request: FastifyRequest, reply: FastifyReply): void => {
    const [path = ''] = request.url.split('?');
    const methods = readMethods(path);
    if (methods.length === 0) return send(reply, request, toProblem('NOT_FOUND', 'there is no such route'));
    void reply.header('allow', methods.join(', '));
    if (request.method === 'OPTIONS') return void reply.code(204).send();
    return send(reply, request, toProblem('METHOD_NOT_ALLOWED', `this route takes ${methods.join(', ')}`));
  };
}

function toProblem(code: 'NOT_FOUND' | 'METHOD_NOT_ALLOWED', detail: string) {
  return { status: statusOf(code), code, detail };
}

function toAtrizError(error: unknown): AtrizError {
  if (error instanceof AtrizError) return error;
  if (hasZodFastifySchemaValidationErrors(error)) {
    return new AtrizError('REQUEST_INVALID', 'the request is not what this route takes');
  }
  const fromDatabase = fromDatabaseError(error);
  if (fromDatabase !== undefined) return fromDatabase;
  const { statusCode } = error as { readonly statusCode?: number };
  if (statusCode === 413) return new AtrizError('BODY_TOO_LARGE', 'the body is larger than this route takes');
  if (statusCode === 415) return new AtrizError('MEDIA_TYPE_UNSUPPORTED', 'this route takes application/json');
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500) {
    return new AtrizError('REQUEST_INVALID', 'the request cannot be read');
  }
  return new AtrizError('INTERNAL', 'unforeseen', { cause: error });
}

function send(
  reply: FastifyReply,
  request: FastifyRequest,
  { status, code, detail, errors }: Pick<Problem, 'status' | 'code' | 'detail'> & { errors?: Problem['errors'] },
): void {
  const title = code.toLowerCase().replaceAll('_', ' ');
  const problem: Problem = { type: 'about:blank', title, status, code, detail, instance: request.id };
  void reply
    .code(status)
    .type(PROBLEM_TYPE)
    .serializer(JSON.stringify)
    .send(errors === undefined ? problem : { ...problem, errors });
}
