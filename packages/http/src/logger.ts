import type { FastifyBaseLogger, FastifyReply, FastifyRequest } from 'fastify';
import { pino, type DestinationStream } from 'pino';

export interface LoggerOptions {
  readonly name: string;
  /** `debug`, `info`, `warn`, `error` or `silent`. */
  readonly level: string;
  /** Default: standard output. */
  readonly destination?: DestinationStream;
}

/** What is a secret by its name, wherever a line carries it. */
const SECRETS = [
  'authorization',
  'cookie',
  'set-cookie',
  'password',
  'newPassword',
  'currentPassword',
  'token',
  'accessToken',
  'refreshToken',
  'sessionToken',
];
const SECRET_IN_URL = /([?&][^=&]*(?:token|password|secret|code|key)[^=&]*=)[^&#]*/gi;

/**
 * The log of a service: a line of JSON for each event. It tells no bodies and no headers, and in place of what is a
 * secret by its name, also in a URL, `[secret]`. Of PostgreSQL's errors it leaves out the details, which repeat rows.
 */
export function createLogger({ name, level, destination }: LoggerOptions): FastifyBaseLogger {
  const keys = SECRETS.map((each) => `["${each}"]`);
  const paths = keys.flatMap((key) => [key, `*${key}`, `*.*${key}`]);
  const options = {
    name,
    level,
    redact: { paths, censor: '[secret]' },
    timestamp: pino.stdTimeFunctions.isoTime,
    serializers: { req: describeRequest, res: describeReply, err: describeError },
  };
  return destination === undefined ? pino(options) : pino(options, destination);
}

function describeRequest({ method, url, ip }: FastifyRequest): object {
  return { method, url: withoutSecrets(url), remoteAddress: ip };
}

function describeReply({ statusCode }: FastifyReply): object {
  return { statusCode };
}

/** With its causes, which say why; a chain that closes on itself ends. */
function describeError(thrown: unknown, depth = 0): object {
  if (!(thrown instanceof Error)) return { message: String(thrown) };
  const { name, message, stack, cause, code, constraint, table } = thrown as Error & Record<string, unknown>;
  const described = cause === undefined || depth === 4 ? undefined : describeError(cause, depth + 1);
  return { type: name, message, code, constraint, table, stack, cause: described };
}

function withoutSecrets(url: string): string {
  return url.replaceAll(SECRET_IN_URL, '$1[secret]');
}
