import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import { AtrizError, sqlState, toConnectionError } from '@atriz/database';
import type { ConnectionParameters } from '@atriz/database/workspace';
import type { Context } from '@atriz/lifecycle';
import pg from 'pg';

const CONNECT_TIMEOUT_MS = 10_000;
const NOT_IN_HBA = '28000';

/** A connection that speaks the replication protocol. */
export interface Replication {
  readonly client: pg.Client;
  /** Rejects when `context.signal` aborts, never resolves otherwise: to be raced with what is waited for. */
  readonly interrupted: Promise<never>;
}

/**
 * Runs `work` on a replication connection whose temporary slot keeps the server from recycling write-ahead log that
 * was written from now on. The slot goes with the connection, and that is cut rather than asked to end: a backup that
 * is under way would first be sent to its end.
 *
 * Throws `PERMISSION_DENIED` where `pg_hba.conf` lets nobody replicate, `INTERRUPTED`, connection errors, and what
 * `work` throws.
 */
export async function withReplication<Result>(
  parameters: ConnectionParameters,
  context: Context,
  work: (replication: Replication) => Promise<Result>,
): Promise<Result> {
  const client = await connect(parameters);
  const cut = (): void => void socketOf(client).destroy();
  const aborted = Promise.withResolvers<never>();
  aborted.promise.catch(() => undefined); // nobody may be waiting
  const stop = (): void => {
    aborted.reject(interrupted());
    cut();
  };
  context.signal?.addEventListener('abort', stop, { once: true });
  try {
    if (context.signal?.aborted) stop();
    const slot = `atriz_${randomBytes(6).toString('hex')}`;
    const ready = client.query(`CREATE_REPLICATION_SLOT ${slot} TEMPORARY PHYSICAL RESERVE_WAL`);
    await Promise.race([ready, aborted.promise]);
    return await work({ client, interrupted: aborted.promise });
  } catch (error) {
    throw context.signal?.aborted ? interrupted() : toLostConnection(error, parameters);
  } finally {
    context.signal?.removeEventListener('abort', stop);
    cut();
  }
}

/** A connection that breaks while an answer is awaited has no code of PostgreSQL's, or one of a server that ends. */
function toLostConnection(error: unknown, { host, port }: ConnectionParameters): unknown {
  const isLost =
    /^(57P0[1-3]|08...)$/.test(sqlState(error)) ||
    (error instanceof Error && /^(Connection terminated|read ECONN|write E)/.test(error.message));
  if (!isLost || error instanceof AtrizError) return error;
  return new AtrizError('CONNECTION_LOST', `${host}:${port} ended the connection while it was backed up`, {
    hint: 'see what its log says, and make the backup again',
    cause: error,
  });
}

function interrupted(): AtrizError {
  return new AtrizError('INTERRUPTED', 'interrupted; the backup of the server was given up', {
    hint: 'run the command again',
  });
}

/** The client's socket, for what its interface has no word for: to wait, to go on, to be cut. */
export function socketOf(client: pg.Client): Socket {
  return (client as unknown as { readonly connection: { readonly stream: Socket } }).connection.stream;
}

async function connect({ ssl, password, ...parameters }: ConnectionParameters): Promise<pg.Client> {
  const client = new pg.Client({
    ...parameters,
    ...(password === undefined ? {} : { password }),
    ...(ssl === undefined ? {} : { ssl: ssl as NonNullable<pg.ClientConfig['ssl']> }),
    application_name: 'atriz',
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    keepAlive: true,
    replication: 'true',
  } as pg.ClientConfig);
  client.on('error', () => undefined); // what waits for an answer rejects by itself
  try {
    await client.connect();
    return client;
  } catch (error) {
    if (sqlState(error) === NOT_IN_HBA) {
      throw new AtrizError(
        'PERMISSION_DENIED',
        `${parameters.host}:${parameters.port} refuses a replication connection: ${(error as Error).message}`,
        {
          hint: `add to its pg_hba.conf: host replication ${parameters.user} <this address> scram-sha-256`,
          cause: error,
        },
      );
    }
    throw toConnectionError(error, parameters);
  }
}
