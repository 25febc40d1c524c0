import { AtrizError } from '@atriz/database';
import { describeSetting, type Environment, type Setting, type Variables } from '@atriz/database/workspace';
import { z } from 'zod';

/** Where settings come from: the process and `.env` files, as `runService` reads them, or plain variables. */
export type SettingSource = Environment | Variables;

/** What every service is told by its surroundings. */
export interface ServiceSettings {
  /** `NODE_ENV` is `production`. */
  readonly production: boolean;
  readonly host: string;
  /** 0 lets the system choose one. */
  readonly port: number;
  /** The origins whose pages may call the service from a browser. */
  readonly corsOrigins: readonly string[];
  /** Whose word on a client's address counts: Fastify's `trustProxy`. */
  readonly trustProxy: boolean | string;
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error' | 'silent';
}

const LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const;
const origin = z
  .url({ protocol: /^https?$/, error: 'not the URL of a website' })
  .transform((url) => new URL(url).origin);

const serviceVariables = z.object({
  NODE_ENV: z.string().optional(),
  HOST: z.string().optional(),
  PORT: z
    .string()
    .regex(/^\d{1,5}$/, 'not a port')
    .transform(Number)
    .refine((port) => port <= 65_535, 'not a port')
    .optional(),
  CORS_ORIGINS: z.string().transform(splitList).pipe(z.array(origin)).optional(),
  TRUST_PROXY: z.string().optional(),
  LOG_LEVEL: z.enum(LEVELS, `not one of: ${LEVELS.join(', ')}`).optional(),
  AUTH_ISSUER: origin.default('http://localhost:3000'),
  MEXTRACK_URL: origin.default('http://localhost:3001'),
  PSHOP_URL: origin.default('http://localhost:3002'),
});

/**
 * The settings that all services have, from variables; `defaultPort` where `PORT` is not set. Outside production a
 * service listens on loopback, and lets the pages of the family's own applications call it. Pure.
 *
 * Throws `SETTING_INVALID`, naming every fault at once.
 */
export function readServiceSettings(
  source: SettingSource,
  { defaultPort }: { readonly defaultPort: number },
): ServiceSettings {
  const found = readSettings(source, serviceVariables);
  const production = found.NODE_ENV === 'production';
  return {
    production,
    host: found.HOST ?? (production ? '0.0.0.0' : '127.0.0.1'),
    port: found.PORT ?? defaultPort,
    corsOrigins: found.CORS_ORIGINS ?? (production ? [] : [found.AUTH_ISSUER, found.MEXTRACK_URL, found.PSHOP_URL]),
    trustProxy: readTrust(found.TRUST_PROXY),
    logLevel: found.LOG_LEVEL ?? 'info',
  };
}

/** A variable whose value may be a secret: it is not repeated in a message. */
const SECRET = /KEY|PASS|SECRET|TOKEN|URL/;
/** What is one service's own: the root's `.env` is about all of them. */
const OWN: ReadonlySet<string> = new Set(['HOST', 'PORT']);

/**
 * Reads the variables that a schema names: from the process, then from the application's `.env`, then from the
 * workspace's. An empty one counts as unset.
 *
 * Throws `SETTING_INVALID`, naming every fault at once; a value that could be secret is not in the message.
 *
 * @example
 * const { MAIL_FROM } = readSettings(source, z.object({ MAIL_FROM: z.email().default('atriz@localhost') }));
 */
export function readSettings<Shape extends z.ZodRawShape>(
  source: SettingSource,
  schema: z.ZodObject<Shape>,
): z.output<z.ZodObject<Shape>> {
  const found = Object.keys(schema.shape).flatMap((variable) => findSetting(source, variable) ?? []);
  const result = schema.safeParse(Object.fromEntries(found.map(({ variable, value }) => [variable, value])));
  if (result.success) return result.data;
  const faults = result.error.issues.map(({ path, message }) => {
    const setting = found.find(({ variable }) => variable === path[0]);
    if (setting === undefined) return `${String(path[0])} is not set`;
    const name = describeSetting(setting);
    return SECRET.test(setting.variable) ? `${name}: ${message}` : `${name} is "${setting.value}": ${message}`;
  });
  throw new AtrizError('SETTING_INVALID', faults.join('; '), {
    hint: 'correct it; docs/services.md lists the settings',
  });
}

function findSetting(source: SettingSource, variable: string): Setting | undefined {
  if (isEnvironment(source)) {
    return source.find(variable, OWN.has(variable) ? ['process', 'package'] : ['process', 'package', 'root']);
  }
  const value = source[variable];
  return value ? { variable, value, from: 'the process' } : undefined;
}

function isEnvironment(source: SettingSource): source is Environment {
  return typeof source.find === 'function';
}

function splitList(text: string): string[] {
  return text
    .split(',')
    .map((each) => each.trim())
    .filter((each) => each !== '');
}

/** `true`, `false`, or the addresses of the proxies, separated by commas. */
function readTrust(text = 'false'): boolean | string {
  return text === 'true' || (text !== 'false' && text);
}
