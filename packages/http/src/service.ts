import { AtrizError } from '@atriz/database';
import { readEnvironment, rootAround, type Environment } from '@atriz/database/workspace';
import type { FastifyBaseLogger } from 'fastify';
import { createLogger } from './logger.ts';
import type { Server } from './server.ts';
import { readServiceSettings, type ServiceSettings } from './settings.ts';
import { stopWhenTold } from './stop.ts';

/** What a service is built with. */
export interface ServiceContext {
  readonly settings: ServiceSettings;
  /** For `readSettings`: the process's variables, and those of the `.env` files. */
  readonly environment: Environment;
  readonly logger: FastifyBaseLogger;
  /** What the service holds: disposed of, newest first, when the last request is answered, or when the start fails. */
  readonly resources: AsyncDisposableStack;
}

export interface ServiceOptions {
  /** In the log, and on the line that says where it listens. */
  readonly name: string;
  /** The application's directory, whose `.env` counts. */
  readonly directory: string;
  /** Where neither the process nor that `.env` says `PORT`. */
  readonly defaultPort: number;
  /** Makes the server; nothing listens yet. */
  readonly build: (context: ServiceContext) => Promise<Server>;
  /** How long requests may take to end once the service is told to. Default 10,000. */
  readonly graceMs?: number;
}

/**
 * Runs a service until it is told to stop; for its `src/main.ts`, which does nothing else. Never rejects: an error at
 * the start is told on standard error, and the process ends with the exit code that the command would have.
 *
 * SIGTERM and SIGINT stop it in order: nobody new is let in, health answers 503, requests that run are finished, at
 * most `graceMs` long, then `resources` are disposed of, and the process ends with 0. A second signal, a second later
 * or more, ends it at once.
 *
 * @example
 * await runService({ name: 'mextrack', directory: join(import.meta.dirname, '..'), defaultPort: 3001, build });
 */
export async function runService(options: ServiceOptions): Promise<void> {
  try {
    await start(options);
  } catch (error) {
    process.stderr.write(`${describe(error, options.name)}\n`);
    process.exitCode = exitCodeOf(error);
  }
}

async function start({ name, directory, defaultPort, build, graceMs = 10_000 }: ServiceOptions): Promise<void> {
  const environment = await readEnvironment(await rootAround(directory), directory, process.env);
  const settings = readServiceSettings(environment, { defaultPort });
  const logger = createLogger({ name, level: settings.logLevel });
  await using resources = new AsyncDisposableStack();
  const server = await build({ settings, environment, logger, resources });
  const url = await listen(server, settings);
  if (!settings.production) process.stdout.write(`${name} serves ${url}\n`); // else the log's own line will do

  const held = resources.move();
  stopWhenTold({
    logger,
    graceMs,
    async stop() {
      const cut = setTimeout(() => server.server.closeAllConnections(), graceMs);
      await server.close();
      clearTimeout(cut);
      await held.disposeAsync();
    },
  });
}

/** Port 0 becomes the one that the system chose. */
async function listen(server: Server, { host, port }: ServiceSettings): Promise<string> {
  try {
    const { port: chosen } = new URL(await server.listen({ host, port }));
    return `http://${['127.0.0.1', '0.0.0.0', '::', '::1'].includes(host) ? 'localhost' : host}:${chosen || '80'}`;
  } catch (cause) {
    await server.close();
    if ((cause as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw cause;
    throw new AtrizError('PORT_TAKEN', `port ${port} of ${host} is in use`, {
      hint: 'stop what uses it, or name another with PORT',
      cause,
    });
  }
}

function describe(error: unknown, name: string): string {
  if (!(error instanceof AtrizError)) return `${name}: ${error instanceof Error ? error.stack : String(error)}`;
  return `${name}: ${error.code} ${error.message}${error.hint === undefined ? '' : `\nhint ${error.hint}`}`;
}

/** As the command's: a server that cannot be reached is 4, a refusal 3, another error 1. */
function exitCodeOf(error: unknown): number {
  if (!(error instanceof AtrizError)) return 1;
  if (error.code === 'IDENTITY_MISMATCH') return 3;
  return /^(?:SERVER_UNREACHABLE|PORT_TAKEN|DISK_FULL|EMBEDDED_.*)$/.test(error.code) ? 4 : 1;
}
