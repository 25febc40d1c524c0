import type { FastifyBaseLogger } from 'fastify';
import { pino, type DestinationStream } from 'pino';

export interface LoggerOptions {
  readonly name: string;
  readonly level: string;
  /** Default: standard output. */
  readonly destination?: DestinationStream;
}

/** Wherever a line could carry them. */
const SECRETS = ['authorization', 'cookie', 'set-cookie', 'password', 'newPassword', 'currentPassword'];
const TOKENS = ['token', 'accessToken', 'refreshToken', 'sessionToken'];

/** The log of a service: a line of JSON for each event, in which what is a secret by its name is not told. */
export function createLogger({ name, level, destination }: LoggerOptions): FastifyBaseLogger {
  const names = [...SECRETS, ...TOKENS].map((each) => `["${each}"]`);
  const paths = names.flatMap((each) => [each, `*${each}`, `*.*${each}`]);
  const options = { name, level, redact: { paths, censor: '[secret]' }, timestamp: pino.stdTimeFunctions.isoTime };
  return destination === undefined ? pino(options) : pino(options, destination);
}
