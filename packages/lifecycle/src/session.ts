import { setTimeout as wait } from 'node:timers/promises';
import { AtrizError, toConnectionError } from '@atriz/database';
import type { ConnectionParameters } from '@atriz/database/workspace';
import pg from 'pg';
import type { Context } from './context.ts';

const CONNECT_TIMEOUT_MS = 10_000;
const STOP_TIMEOUT_MS = 5000;

export interface SessionOptions {
  /** Statements are sent as they come, not when the one before them is answered. COPY is not possible then. */
  readonly pipeline?: boolean;
}

/**
 * Runs `work` on a connection of its own and closes it, whatever happens: locks and open transactions end with it.
 *
 * When `context.signal` aborts, the backend is terminated on the server, not just left: the promise rejects with
 * `INTERRUPTED` once the backend, and with it every lock, is gone.
 */
export async function withSession<Result>(
  parameters: ConnectionParameters,
  context: Context,
  work: (client: pg.Client) => Promise<Result>,
  { pipeline = false }: SessionOptions = {},
): Promise<Result> {
  if (context.signal?.aborted) throw interrupted();
  const client = await connect(parameters, { pipeline });
  if (context.signal?.aborted) {
    await close(client);
    throw interrupted();
  }
  if (context.onStatement) timeStatements(client, context.onStatement);
  let stopping: Promise<void> | undefined;
  // Where no second connection can be had, leaving is all that is left to do.
  const stop = (): void => void (stopping = terminate(client, parameters).catch(() => client.end()));
  context.signal?.addEventListener('abort', stop, { once: true });
  try {
    const result = await work(client);
    if (stopping === undefined) return result;
  } catch (error) {
    if (stopping === undefined) throw error;
  } finally {
    context.signal?.removeEventListener('abort', stop);
    await stopping;
    await close(client);
  }
  throw interrupted();
}

function interrupted(): AtrizError {
  return new AtrizError('INTERRUPTED', 'interrupted; nothing of the unfinished transaction was kept', {
    hint: 'run the command again to go on',
  });
}

async function connect(
  parameters: ConnectionParameters,
  { pipeline = false }: SessionOptions = {},
): Promise<pg.Client> {
  const client = new pg.Client({ ...clientConfig(parameters), pipeline });
  client.on('error', () => undefined); // a backend that dies makes the query that runs reject; that is enough
  try {
    await client.connect();
  } catch (error) {
    throw toConnectionError(error, parameters);
  }
  return client;
}

function clientConfig({ ssl, password, ...parameters }: ConnectionParameters): pg.ClientConfig {
  return {
    ...parameters,
    ...(password === undefined ? {} : { password }),
    ...(ssl === undefined ? {} : { ssl: ssl as NonNullable<pg.ClientConfig['ssl']> }),
    application_name: 'atriz',
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
  };
}

async function close(client: pg.Client): Promise<void> {
  try {
    await client.end();
  } catch {
    // the connection is gone already, which is what was wanted
  }
}

/** Ends the client's backend from a second connection, and waits until it is gone. */
async function terminate(client: pg.Client, parameters: ConnectionParameters): Promise<void> {
  const { processID } = client as unknown as { readonly processID: number };
  const other = await connect(parameters);
  try {
    await other.query('SELECT pg_terminate_backend($1)', [processID]);
    const deadline = performance.now() + STOP_TIMEOUT_MS;
    while (performance.now() < deadline) {
      const { rowCount } = await other.query('SELECT FROM pg_stat_activity WHERE pid = $1', [processID]);
      if (rowCount === 0) return;
      await wait(20);
    }
  } finally {
    await close(other);
  }
}

function timeStatements(client: pg.Client, onStatement: NonNullable<Context['onStatement']>): void {
  const query = client.query.bind(client) as (...parameters: unknown[]) => unknown;
  const timed = (...parameters: unknown[]): unknown => {
    const start = performance.now();
    const result = query(...parameters);
    if (!(result instanceof Promise)) return result; // a stream, such as COPY
    const [first] = parameters;
    const text = typeof first === 'string' ? first : (first as pg.QueryConfig).text;
    const tell = (): void => onStatement(text, performance.now() - start);
    void result.then(tell, tell);
    return result;
  };
  client.query = timed as typeof client.query;
}
