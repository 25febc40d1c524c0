import { resolveConnection, readEnvironment } from '@atriz/database/workspace';
import { startServer, stopServer } from '@atriz/server';
import { EXIT } from '../exit-code.ts';
import type { Invocation } from '../invocation.ts';

export interface StartOptions {
  readonly port?: number | undefined;
}

/** Starts the embedded server when a database of the family is on it, or when a port asks for it in so many words. */
export async function start(invocation: Invocation, { port }: StartOptions): Promise<number> {
  const { family, reporter, options } = invocation;
  if (port === undefined && !(await usesEmbedded(invocation))) {
    reporter.line('nothing to start: every database is on a server that the settings name (pnpm check:env)');
    if (options.json) reporter.json({ server: null });
    return EXIT.done;
  }
  const onProgress = (message: string): void => reporter.progress('', message);
  const server = await startServer({ root: family.root, onProgress, ...(port === undefined ? {} : { port }) });
  const { host, dataDirectory, pid } = server;
  if (options.json) reporter.json({ server: { host, port: server.port, pid, dataDirectory, started: server.started } });
  reporter.line(`PostgreSQL ${server.started ? 'started' : 'runs already'} at ${host}:${server.port} (process ${pid})`);
  reporter.line(`data in ${dataDirectory}`);
  return EXIT.done;
}

export async function stop({ family, reporter, options }: Invocation): Promise<number> {
  const stopped = await stopServer({ root: family.root });
  if (options.json) reporter.json({ stopped });
  reporter.line(stopped ? 'PostgreSQL stopped' : 'the embedded server was not running');
  return EXIT.done;
}

async function usesEmbedded({ family, surroundings }: Invocation): Promise<boolean> {
  for (const database of family.databases) {
    const environment = await readEnvironment(family.root, database.directory, surroundings.variables);
    if (resolveConnection(database, environment).provider === 'embedded') return true;
  }
  return false;
}
